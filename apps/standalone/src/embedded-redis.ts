import { spawn } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedOptions, type EmbeddedService } from './embedded-service.js';
import { freePort } from './ports.js';
import { probeRedis } from './probes.js';
import { ServiceLog } from './service-log.js';
import { makeServiceHome } from './service-user.js';
import { SupervisedProcess } from './supervised-process.js';

/** Loading is about 1 GB in 10 s. */
const READY_TIMEOUT_MS = 300_000;
const GRACE_MS = 30_000;

/**
 * Starts Redis on a free port of 127.0.0.1, with a password.
 *
 * An append-only file that was cut off by a crash is repaired by Redis itself. One that is damaged in the middle is put
 * aside: PostgreSQL is the truth, and the sweep rebuilds the schedule from it.
 *
 * @param server path of redis-server or valkey-server
 * @throws StartupError when it cannot be started
 */
export async function startEmbeddedRedis(server: string, options: EmbeddedOptions): Promise<EmbeddedService> {
  const home = makeServiceHome(options.directory);
  const log = new ServiceLog(join(options.directory, 'redis.log'));
  const port = await freePort();
  const config = redisConfig(port, options.password, options.durable);
  const redis = new SupervisedProcess(
    {
      name: 'Redis',
      stopSignal: 'SIGTERM',
      graceMs: GRACE_MS,
      explain: () => log.tail(),
      spawn: () => {
        putDamagedFileAside(options, log);
        // The configuration goes in through standard input: arguments, and with them the password, are visible to all.
        const child = log.whileOpen('pipe', (stdio) =>
          spawn(server, ['-'], { ...home.user, cwd: home.cwd, stdio, detached: true }),
        );
        child.stdin?.on('error', () => undefined).end(config);
        return child;
      },
    },
    options.supervisor,
  );
  redis.start();
  const url = `redis://:${options.password}@127.0.0.1:${port}`;
  try {
    await redis.untilReady(() => probeRedis(url), READY_TIMEOUT_MS, options.signal);
  } catch (error) {
    await redis.stop();
    throw error;
  }
  return { url, process: redis };
}

function redisConfig(port: number, password: string, durable: boolean): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction',
    'save ""',
    `appendonly ${durable ? 'yes' : 'no'}`,
    'appendfsync everysec',
    // Every end-to-end test file takes one.
    `databases ${durable ? 16 : 256}`,
  ];
  return `${lines.join('\n')}\n`;
}

function putDamagedFileAside({ directory, supervisor }: EmbeddedOptions, log: ServiceLog): void {
  const files = join(directory, 'appendonlydir');
  if (!existsSync(files) || !/Bad file format reading the append only file/.test(log.tail())) {
    return;
  }
  const aside = `${files}.damaged-${Date.now()}`;
  renameSync(files, aside);
  supervisor.warn(`Redis found its file damaged; it starts empty and is filled from PostgreSQL. Kept: ${aside}`);
}
