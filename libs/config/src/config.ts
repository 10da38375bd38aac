import { plainToInstance, Transform } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  validateSync,
  type ValidationError,
} from 'class-validator';

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;
const SIGN_UP = ['open', 'closed', 'first'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** `id:base64,id:base64,…`, each key 32 bytes (44 base64 characters). The value never appears in a message. */
const KEYRING = /^[\w-]+:[A-Za-z0-9+/]{43}=(,[\w-]+:[A-Za-z0-9+/]{43}=)*$/;
const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

/** `<plan>.<limit>=<number or unlimited>`; the plans are in libs/tenancy. */
const PLAN_LIMIT =
  /^(free|pro|enterprise|self_hosted)\.(events|requests|sources|destinations|environments|connections|applications|endpoints|event_types|retention_days)=(\d{1,15}|unlimited)$/;

/** Comma separated text becomes a list; absent or empty becomes an empty one. */
const List = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((item) => item.trim())
          .filter(Boolean)
      : value,
  );

/** Decimal text becomes a number; anything else is kept, so that validation names it. */
const Integer = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
  );

/** `true` and `false` become booleans; anything else is kept, so that validation names it. */
const Flag = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));

/** Everything the api and the worker read from the environment. Property names are the variables' names. */
export class Config {
  /** TCP port the process listens on. @defaultValue 3000 (api), 3001 (worker) */
  @Integer()
  @IsInt()
  @Min(0)
  @Max(65535)
  PORT: number;

  /** Address the process listens on. @defaultValue 0.0.0.0 */
  @IsString()
  HOST = '0.0.0.0';

  /** PostgreSQL connection URL. Required. */
  @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false, require_protocol: true })
  DATABASE_URL: string;

  /** Redis connection URL. Required. */
  @IsUrl({ protocols: ['redis', 'rediss'], require_tld: false, require_protocol: true })
  REDIS_URL: string;

  /** Keys that seal stored secrets: `id:base64,…` with 32 bytes each; the first seals, all open. Required. */
  @Matches(KEYRING, { message: 'must be id:base64[,id:base64…] with keys of 32 bytes' })
  HOOKSTREAM_KEYRING: string;

  /** Base URL under which clients reach the api; shown in answers. @defaultValue derived from the request */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_tld: false, require_protocol: true })
  HOOKSTREAM_PUBLIC_URL?: string;

  /** CIDRs of private or loopback networks that destinations may be in. @defaultValue none */
  @List()
  @IsArray()
  @Matches(CIDR, { each: true, message: 'must be CIDRs separated by commas' })
  HOOKSTREAM_ALLOWED_TARGETS: string[] = [];

  /** Largest accepted webhook body, in bytes. @defaultValue 1048576 */
  @Integer()
  @IsInt()
  @Min(1)
  @Max(64 * 1024 * 1024)
  HOOKSTREAM_MAX_BODY_BYTES = DEFAULT_MAX_BODY_BYTES;

  /** Deliveries one worker sends at the same time. @defaultValue 1000 */
  @Integer()
  @IsInt()
  @Min(1)
  @Max(10_000)
  HOOKSTREAM_WORKER_CONCURRENCY = 1000;

  /** An endpoint that has only failed for so many days is disabled; 0 is never. @defaultValue 5 */
  @Integer()
  @IsInt()
  @Min(0)
  @Max(3650)
  HOOKSTREAM_ENDPOINT_DISABLE_AFTER_DAYS = 5;

  /** WebSocket clients that one api process takes. @defaultValue 10000 */
  @Integer()
  @IsInt()
  @Min(0)
  HOOKSTREAM_MAX_STREAMS = 10_000;

  /** Those of them that may be of the same environment. @defaultValue 1000 */
  @Integer()
  @IsInt()
  @Min(0)
  HOOKSTREAM_MAX_STREAMS_PER_ENVIRONMENT = 1000;

  /** Whether destinations may use the AWS credentials of the worker (environment, instance or pod role). @defaultValue false */
  @Flag()
  @IsBoolean({ message: 'must be true or false' })
  HOOKSTREAM_AWS_DEFAULT_CREDENTIALS = false;

  /** CIDRs of proxies whose `X-Forwarded-For` is believed. @defaultValue none */
  @List()
  @IsArray()
  @Matches(CIDR, { each: true, message: 'must be CIDRs separated by commas' })
  HOOKSTREAM_TRUSTED_PROXIES: string[] = [];

  /** Changes to the limits of plans: `<plan>.<limit>=<number or unlimited>`, separated by commas. @defaultValue none */
  @List()
  @IsArray()
  @Matches(PLAN_LIMIT, { each: true, message: 'must be <plan>.<limit>=<number or unlimited>, separated by commas' })
  HOOKSTREAM_PLAN_LIMITS: string[] = [];

  /** Requests that an address may make in a minute without a valid key, ingest excepted; 0 is unlimited. @defaultValue 600 */
  @Integer()
  @IsInt()
  @Min(0)
  HOOKSTREAM_PUBLIC_RATE_LIMIT = 600;

  /** Who may sign up: `open`, `closed`, or `first` (open until somebody has). The invited always may. @defaultValue first */
  @IsIn(SIGN_UP)
  HOOKSTREAM_SIGN_UP: (typeof SIGN_UP)[number] = 'first';

  /** Least severe log level that is written. @defaultValue info */
  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';
}

/** Thrown at boot; names every bad variable, never a value. */
export class ConfigError extends Error {}

/**
 * Reads the configuration once.
 *
 * @param defaultPort the port when `PORT` is not set
 * @param env the environment, normally `process.env`
 * @throws ConfigError naming every variable that is missing or malformed
 */
export function loadConfig(defaultPort: number, env: NodeJS.ProcessEnv = process.env): Config {
  const config = read(env, defaultPort);
  refuse(validateSync(config));
  return config;
}

/** `DATABASE_URL` alone, for what needs nothing else. @throws ConfigError when it is missing or malformed */
export function loadDatabaseUrl(env: NodeJS.ProcessEnv = process.env): string {
  const config = read(env, 0);
  refuse(validateSync(config).filter(({ property }) => property === 'DATABASE_URL'));
  return config.DATABASE_URL;
}

function read(env: NodeJS.ProcessEnv, defaultPort: number): Config {
  const given = Object.entries(env).filter(([name, value]) => VARIABLES.has(name) && value !== '');
  return plainToInstance(Config, { PORT: defaultPort, ...Object.fromEntries(given) });
}

function refuse(errors: ValidationError[]): void {
  if (errors.length === 0) return;
  const problems = errors.map(
    ({ property, constraints }) => `  ${property}: ${Object.values(constraints ?? {}).join('; ')}`,
  );
  throw new ConfigError(`The configuration is not usable:\n${problems.join('\n')}`);
}

const VARIABLES = new Set([
  'PORT',
  'HOST',
  'DATABASE_URL',
  'REDIS_URL',
  'HOOKSTREAM_KEYRING',
  'HOOKSTREAM_PUBLIC_URL',
  'HOOKSTREAM_ALLOWED_TARGETS',
  'HOOKSTREAM_MAX_BODY_BYTES',
  'HOOKSTREAM_WORKER_CONCURRENCY',
  'HOOKSTREAM_ENDPOINT_DISABLE_AFTER_DAYS',
  'HOOKSTREAM_MAX_STREAMS',
  'HOOKSTREAM_MAX_STREAMS_PER_ENVIRONMENT',
  'HOOKSTREAM_AWS_DEFAULT_CREDENTIALS',
  'HOOKSTREAM_TRUSTED_PROXIES',
  'HOOKSTREAM_PLAN_LIMITS',
  'HOOKSTREAM_PUBLIC_RATE_LIMIT',
  'HOOKSTREAM_SIGN_UP',
  'LOG_LEVEL',
]);
