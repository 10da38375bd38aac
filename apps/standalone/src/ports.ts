import { createServer } from 'node:net';
import { StartupError } from './startup-error.js';

/** How many ports after the wanted one are tried for a suggestion. */
const SUGGESTIONS = 20;

/** A TCP port nothing listens on. Another program may take it before it is used; that is then an ordinary failed start. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  return listenOnce(0, host);
}

/**
 * @param port as the user set it; 0 asks for a free one
 * @returns the port to use
 * @throws StartupError when the port or the address cannot be used
 */
export async function requirePort(port: number, host: string): Promise<number> {
  try {
    return await listenOnce(port, host);
  } catch (error) {
    throw new StartupError(await explain(error as NodeJS.ErrnoException, port, host));
  }
}

async function explain(error: NodeJS.ErrnoException, port: number, host: string): Promise<string> {
  if (error.code === 'EADDRINUSE') {
    const free = await nextFreePort(port, host);
    const example = free ? `, for example: PORT=${free} npm start` : ' with PORT.';
    return `Port ${port} on ${host} is used by another program. Stop that program or choose another port${example}`;
  }
  if (error.code === 'EACCES') {
    return `This user may not listen on port ${port}. Choose a port above 1023, for example: PORT=3000 npm start`;
  }
  return `HOST is not an address of this machine (${error.code ?? error.message}). Use 127.0.0.1, or 0.0.0.0 for all.`;
}

async function nextFreePort(port: number, host: string): Promise<number | undefined> {
  for (let candidate = port + 1; candidate <= Math.min(port + SUGGESTIONS, 65_535); candidate++) {
    const free = await listenOnce(candidate, host).catch(() => undefined);
    if (free) return free;
  }
  return undefined;
}

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
