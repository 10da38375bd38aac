import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { SELF_SIGNED } from '../../../http-client/test/self-signed-certificate.js';

/** A server that counts who is connected to it. */
export interface CountingServer {
  port: number;
  /** Open connections. */
  connections(): number;
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(server: net.Server): Promise<CountingServer> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes connections and never says a word. */
export const silentServer = () => listen(net.createServer((socket) => socket.resume()));

/** Hangs up when the first bytes arrive. */
export const rudeServer = () => listen(net.createServer((socket) => socket.once('data', () => socket.destroy())));

/** Has a certificate that nobody trusts. */
export const untrustedServer = () => listen(createHttpsServer(SELF_SIGNED));

/** Passes bytes to and fro, so that the connections to any program can be counted, and cut without a sign of it. */
export async function countingProxy(port: number): Promise<CountingServer & { freeze(): void }> {
  const onwards = new Set<net.Socket>();
  const server = await listen(
    net.createServer((socket) => {
      const onward = net.connect(port, '127.0.0.1');
      onwards.add(onward);
      socket.pipe(onward).pipe(socket);
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    }),
  );
  return { ...server, freeze: () => onwards.forEach((onward) => onward.unpipe().pause()) };
}

/** A port that refuses connections. */
export async function closedPort(): Promise<number> {
  const server = await listen(net.createServer());
  await server.stop();
  return server.port;
}
