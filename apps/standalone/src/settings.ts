import { isAbsolute, resolve } from 'node:path';
import { type Config, ConfigError, loadConfig } from '#libs/config';
import { isApiKey } from '#libs/crypto';
import { StartupError } from './startup-error.js';

const DEFAULT_PORT = 3000;
/** The api and the worker insist on these; here they may be absent, so they are checked with a stand-in. */
const STAND_INS = {
  DATABASE_URL: 'postgres://127.0.0.1/hookstream',
  REDIS_URL: 'redis://127.0.0.1',
  HOOKSTREAM_KEYRING: `k1:${Buffer.alloc(32).toString('base64')}`,
};
/** Ours; the apps need not see them. */
const OWN_VARIABLES = ['HOOKSTREAM_DATA_DIR', 'HOOKSTREAM_API_KEY', 'HOOKSTREAM_LOG_FORMAT'] as const;

export interface Settings {
  /** TCP port of the api; 0 asks for a free one */
  port: number;
  /** @defaultValue 127.0.0.1, unlike the api's own default: a laptop should not serve its network unasked */
  host: string;
  /** absolute */
  dataDirectory: string;
  apiKey?: string;
  databaseUrl?: string;
  redisUrl?: string;
  keyring?: string;
  publicUrl?: string;
  /** @defaultValue loopback, so that a first destination can be a program on this machine */
  allowedTargets: string;
  logFormat: 'pretty' | 'json';
  /** directories with programs */
  path: string;
  /** environment for the apps, to which addresses and secrets are added */
  passedOn: NodeJS.ProcessEnv;
}

/**
 * The only place that reads the environment here.
 *
 * @param env normally `process.env`
 * @param root the project's directory; a relative HOOKSTREAM_DATA_DIR starts there
 * @throws StartupError naming every variable that is malformed, without its value
 */
export function readSettings(env: NodeJS.ProcessEnv, root: string): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const problems = ownProblems(given);
  let config: Config | undefined;
  try {
    config = loadConfig(DEFAULT_PORT, { HOST: '127.0.0.1', ...STAND_INS, ...given });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.unshift(error.message);
  }
  if (!config || problems.length > 0) {
    throw new StartupError([...(config ? ['The configuration is not usable:'] : []), ...problems].join('\n'));
  }

  const passedOn: NodeJS.ProcessEnv = { NODE_ENV: 'production', ...env };
  for (const name of OWN_VARIABLES) delete passedOn[name];
  const directory = given.HOOKSTREAM_DATA_DIR ?? '.data';
  return {
    port: config.PORT,
    host: config.HOST,
    dataDirectory: isAbsolute(directory) ? directory : resolve(root, directory),
    apiKey: given.HOOKSTREAM_API_KEY,
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL,
    keyring: given.HOOKSTREAM_KEYRING,
    publicUrl: given.HOOKSTREAM_PUBLIC_URL,
    // Set but empty closes everything.
    allowedTargets: env.HOOKSTREAM_ALLOWED_TARGETS ?? '127.0.0.0/8,::1/128',
    logFormat: given.HOOKSTREAM_LOG_FORMAT === 'json' ? 'json' : 'pretty',
    path: env.PATH ?? '',
    passedOn,
  };
}

function ownProblems(given: NodeJS.ProcessEnv): string[] {
  const problems: string[] = [];
  if (given.HOOKSTREAM_API_KEY !== undefined && !isApiKey(given.HOOKSTREAM_API_KEY)) {
    problems.push('  HOOKSTREAM_API_KEY: must be hs_live_ or hs_test_ and 64 hexadecimal digits');
  }
  if (!['pretty', 'json', undefined].includes(given.HOOKSTREAM_LOG_FORMAT)) {
    problems.push('  HOOKSTREAM_LOG_FORMAT: must be pretty or json');
  }
  return problems;
}
