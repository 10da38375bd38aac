import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Milliseconds, monotonic. */
  at: number;
}

export interface Receiver {
  url: string;
  /** In the order they arrived. */
  requests: Received[];
  stop(): Promise<void>;
}

/**
 * A real HTTP server that keeps what it gets.
 *
 * @param answer writes the answer; 200 when left out
 */
export async function startReceiver(
  answer: (request: Received, response: ServerResponse) => void = (_, response) => response.end('ok'),
): Promise<Receiver> {
  const requests: Received[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks), at: performance.now() };
      requests.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
