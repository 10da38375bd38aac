import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartupError } from './startup-error.js';

const SERVERS = ['redis-server', 'valkey-server'];
/** Two installations at the same time wait for each other; apt's own default is to fail. */
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-q'];

/**
 * Finds a Redis server program; on Debian and Ubuntu root gets the distribution's package installed.
 *
 * @param path directories to look in, as in PATH
 * @param onInstall called before something is installed, with what to tell
 * @returns absolute path
 * @throws StartupError naming the ways out when there is none
 */
export async function findRedisServer(
  path: string,
  onInstall: <T>(text: string, work: () => Promise<T>) => Promise<T>,
): Promise<string> {
  const found = findIn(path);
  if (found) return found;
  let problem = '';
  if (process.getuid?.() === 0 && isDebian()) {
    problem = await onInstall('Installing Redis (apt-get install redis-server)…', installPackage);
    const installed = findIn(path);
    if (installed) return installed;
  }
  throw new StartupError(
    `hookstream needs Redis: install redis-server or valkey-server with your package manager, ` +
      `or set REDIS_URL to a Redis you have, or use docker compose (docker/compose.yaml).${problem && `\n${problem}`}`,
  );
}

function findIn(path: string): string | undefined {
  const directories = path.split(delimiter).filter(Boolean);
  const candidates = SERVERS.flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isDebian(): boolean {
  const release = '/etc/os-release';
  return existsSync(release) && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync(release, 'utf8'));
}

/** @returns what went wrong, empty when nothing did */
async function installPackage(): Promise<string> {
  const lists = '/var/lib/apt/lists';
  const hasLists = existsSync(lists) && readdirSync(lists).some((name) => name.includes('_Packages'));
  const install = () => aptGet('install', '-y', '--no-install-recommends', 'redis-server');
  // Lists that are old name packages that are gone: refreshed when the first try fails.
  if (hasLists && (await install()) === '') return '';
  return (await aptGet('update')) || install();
}

function aptGet(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...APT, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', (error) => resolve(`apt-get: ${error.message}`));
    child.once('close', (code) => resolve(code === 0 ? '' : `apt-get ${args[0]} failed: ${errors.trim()}`));
  });
}
