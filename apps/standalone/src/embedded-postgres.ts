import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedOptions, type EmbeddedService } from './embedded-service.js';
import { freePort } from './ports.js';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.js';
import { ensureDatabase } from './probes.js';
import { ServiceLog } from './service-log.js';
import { makeServiceHome, type ServiceHome } from './service-user.js';
import { StartupError } from './startup-error.js';
import { SupervisedProcess } from './supervised-process.js';

const SUPERUSER = 'hookstream';
const DATABASE = 'hookstream';
/** After a crash the server replays its log first; with the default max_wal_size of 1 GB that is seconds, on slow disks minutes. */
const READY_TIMEOUT_MS = 300_000;
const GRACE_MS = 30_000;

/** C.UTF-8 from PostgreSQL itself: the same order on every system, and an upgrade of the system's libraries never breaks an index. */
const LOCALE = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  // One line every five minutes is nobody's news.
  log_checkpoints: 'off',
};
const NOT_DURABLE = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];

/**
 * Starts PostgreSQL on a free port of 127.0.0.1, with a password, and creates the cluster and the database on first use.
 *
 * @throws StartupError when it cannot be started
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedService> {
  const base = makeServiceHome(options.directory);
  const data = join(options.directory, 'data');
  const log = new ServiceLog(join(options.directory, 'postgres.log'));
  const binaries = await postgresBinaries(base);
  if (!existsSync(data)) createCluster(binaries, base, options);
  removePidFileOfAnother(data);

  const port = await freePort();
  const home = makeServiceHome(data, base);
  const args = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  if (!options.durable) args.push(...NOT_DURABLE);
  const server = new SupervisedProcess(
    {
      name: 'PostgreSQL',
      stopSignal: 'SIGINT',
      graceMs: GRACE_MS,
      // "Immediate shutdown": as safe as SIGKILL, and gives its shared memory back.
      killSignal: 'SIGQUIT',
      explain: () => log.tail(),
      spawn: () =>
        log.whileOpen('ignore', (stdio) =>
          spawn(binaries.postgres, ['-D', home.ownName, ...args], {
            ...home.user,
            cwd: home.cwd,
            stdio,
            detached: true,
          }),
        ),
    },
    options.supervisor,
  );
  server.start();
  const serverUrl = `postgres://${SUPERUSER}:${options.password}@127.0.0.1:${port}`;
  try {
    await server.untilReady(() => ensureDatabase(serverUrl, DATABASE), READY_TIMEOUT_MS, options.signal);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: `${serverUrl}/${DATABASE}`, process: server };
}

/** Under another name first: a directory with the final name is always complete, whenever we are killed. */
function createCluster(binaries: PostgresBinaries, base: ServiceHome, options: EmbeddedOptions): void {
  const data = join(options.directory, 'data');
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const home = makeServiceHome(unfinished, base);
  const passwordFile = join(options.directory, 'password');
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (home.user) chownSync(passwordFile, home.user.uid, home.user.gid);
  const args = ['-D', home.ownName, '-U', SUPERUSER, '--auth=scram-sha-256', '--pwfile=../password', ...LOCALE];
  if (!options.durable) args.push('--no-sync');
  const initdb = spawnSync(binaries.initdb, args, { ...home.user, cwd: home.cwd, encoding: 'utf8' });
  rmSync(passwordFile);
  if (initdb.status !== 0) {
    throw new StartupError(
      `PostgreSQL could not create its files in ${data}: ${initdb.error?.message ?? initdb.stderr.trim()}`,
    );
  }
  renameSync(unfinished, data);
}

/**
 * PostgreSQL does not start while the process of its last pid file runs, whatever that is. After a crash in a container,
 * where pids are small, it may well be one of ours. The pid file of a server that runs on this data is left alone.
 */
function removePidFileOfAnother(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (existsSync(file) && !isServerOf(data, parseInt(readFileSync(file, 'utf8'), 10))) rmSync(file);
}

function isServerOf(data: string, pid: number): boolean {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'ucomm=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim() === 'postgres';
  }
  try {
    // A server's working directory is its data directory.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
  } catch {
    // No such process, or another user's.
    return false;
  }
}
