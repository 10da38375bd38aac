import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** Where Debian and Ubuntu put it. */
const LIBRARY = '/usr/lib/rabbitmq/lib';
const START_MS = 60_000;

/** A RabbitMQ of its own, with the management plugin and throw-away data. User and password are `guest`. */
export interface Rabbitmq {
  /** Of AMQP. */
  port: number;
  managementPort: number;
  /** Of AMQP over TLS; 0 without a certificate. */
  tlsPort: number;
  /** Calls the management API. @throws when it does not answer 2xx */
  manage(method: string, path: string, body?: object): Promise<unknown>;
  /** Stops and starts the broker; ports and durable queues stay. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The script that starts RabbitMQ; undefined when it is not installed.
 *
 * @param leftOut what is not tested then, for the line that says so
 * @throws Error when it is not installed and `HOOKSTREAM_REQUIRE_RABBITMQ` is set
 */
export function findRabbitmq(leftOut: string): string | undefined {
  const [version] = existsSync(LIBRARY) ? readdirSync(LIBRARY).filter((name) => /^rabbitmq_server-/.test(name)) : [];
  if (version) return join(LIBRARY, version, 'sbin', 'rabbitmq-server');
  if (process.env.HOOKSTREAM_REQUIRE_RABBITMQ)
    throw new Error('HOOKSTREAM_REQUIRE_RABBITMQ is set: install rabbitmq-server.');
  process.stderr.write(`RabbitMQ is not installed (apt-get install rabbitmq-server): left out ${leftOut}\n`);
  return undefined;
}

/**
 * Starts a broker on free ports of 127.0.0.1, in 10–15 s.
 *
 * @param server from {@link findRabbitmq}
 * @param tls PEM; with it the broker also listens for TLS
 */
export async function startRabbitmq(server: string, tls?: { cert: string; key: string }): Promise<Rabbitmq> {
  const directory = mkdtempSync(join(tmpdir(), 'hookstream-rabbitmq-'));
  const [port, managementPort, distributionPort, namesPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const tlsPort = tls ? await freePort() : 0;
  configure(directory, { port, managementPort, tlsPort }, tls);
  const env = environment(directory, port, distributionPort, namesPort);
  // A name server of its own: the one that Erlang starts by itself would go on running.
  const names = spawn('epmd', ['-address', '127.0.0.1', '-port', String(namesPort)], { stdio: 'ignore' });
  const manage = caller(managementPort);
  let broker = await startBroker(server, env, manage);
  const endAtExit = () => [broker, names].forEach(killGroup);
  process.once('exit', endAtExit);

  return {
    port,
    managementPort,
    tlsPort,
    manage,
    restart: async () => {
      await end(broker);
      broker = await startBroker(server, env, manage);
    },
    stop: async () => {
      await end(broker);
      await end(names);
      process.removeListener('exit', endAtExit);
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function configure(
  directory: string,
  { port, managementPort, tlsPort }: Pick<Rabbitmq, 'port' | 'managementPort' | 'tlsPort'>,
  tls?: { cert: string; key: string },
): void {
  mkdirSync(join(directory, 'log'));
  writeFileSync(join(directory, 'enabled_plugins'), '[rabbitmq_management].\n');
  const lines = [
    `listeners.tcp.default = 127.0.0.1:${port}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${managementPort}`,
    'max_message_size = 4194304',
    // Numbers of the queues are up to date at once.
    'collect_statistics_interval = 1000',
  ];
  if (tls) {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    writeFileSync(cert, tls.cert);
    writeFileSync(key, tls.key);
    lines.push(
      `listeners.ssl.default = 127.0.0.1:${tlsPort}`,
      `ssl_options.certfile = ${cert}`,
      `ssl_options.keyfile = ${key}`,
    );
  }
  writeFileSync(join(directory, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
}

function environment(directory: string, port: number, distributionPort: number, namesPort: number) {
  return {
    PATH: process.env.PATH,
    HOME: directory,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(namesPort),
    RABBITMQ_NODENAME: `hookstream_${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}

async function startBroker(server: string, env: NodeJS.ProcessEnv, manage: Rabbitmq['manage']): Promise<ChildProcess> {
  const broker = spawn(server, [], { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let errors = '';
  broker.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)));
  await eventually(async () => {
    if (broker.exitCode !== null) throw new Error(`RabbitMQ ended with ${broker.exitCode}: ${errors}`);
    await manage(
      'GET',
      '/api/health/checks/port-listener/' + env.RABBITMQ_NODENAME!.replace(/^hookstream_(\d+)@.*/, '$1'),
    );
  }, START_MS);
  return broker;
}

function caller(port: number): Rabbitmq['manage'] {
  return async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Basic ${btoa('guest:guest')}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** For the end of this process, where nothing is waited for. */
function killGroup(child: ChildProcess): void {
  if (!child.pid || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(child.spawnargs[0] === 'epmd' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
