import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type Duplex } from 'node:stream';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Socket } from 'node:net';

/** Where WebSocket clients connect, like the router not telling `/V1` from `/v1`. */
const STREAM_PATH = /^\/v1\/ws([/?]|$)/i;

/** The connection of a request that wants to become a WebSocket. */
export interface Upgrade {
  socket: Duplex;
  /** What the client sent behind its request. */
  head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Node asks this of every request with an `Upgrade` header (https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener). */
interface AskingServer extends Server {
  shouldUpgradeCallback(request: IncomingMessage): boolean;
}

/**
 * Leads requests for a WebSocket the way of all others, so that they are authenticated, limited and refused alike; the
 * controller finds their connection by {@link upgradeOf}. Any other upgrade that a client offers (HTTP/2 for one) is ignored,
 * as HTTP wants it.
 */
export function takeUpgrades(app: NestExpressApplication): void {
  const server = app.getHttpServer() as AskingServer;
  server.shouldUpgradeCallback = ({ method, url = '', headers }) =>
    method === 'GET' && STREAM_PATH.test(url) && headers.upgrade?.toLowerCase() === 'websocket';
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgrades.set(request, { socket, head });
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // Refused.
    response.on('finish', () => socket.end());
    server.emit('request', request, response);
  });
}

/** The connection to make a WebSocket of, which is then no longer the response's; undefined for an ordinary request. */
export function upgradeOf(request: IncomingMessage, response: ServerResponse): Upgrade | undefined {
  const upgrade = upgrades.get(request);
  if (upgrade) response.detachSocket(upgrade.socket as Socket);
  return upgrade;
}
