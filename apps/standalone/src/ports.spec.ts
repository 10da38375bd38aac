import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { freePort, requirePort } from './ports.js';
import { StartupError } from './startup-error.js';

describe('requirePort', () => {
  let other: Server;
  let taken: number;

  beforeEach(async () => {
    other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    taken = (other.address() as AddressInfo).port;
  });
  afterEach(() => void other.close());

  it('gives back a port that is free', async () => {
    const port = await freePort();
    await expect(requirePort(port, '127.0.0.1')).resolves.toBe(port);
  });

  it('chooses one when asked for 0', async () => {
    await expect(requirePort(0, '127.0.0.1')).resolves.toBeGreaterThan(1023);
  });

  it('explains that a port is taken, and names one that is not', async () => {
    const failure = requirePort(taken, '127.0.0.1');
    await expect(failure).rejects.toThrow(StartupError);
    await expect(failure).rejects.toThrow(
      new RegExp(`^Port ${taken} on 127.0.0.1 is used by another program.* PORT=\\d+ npm start$`),
    );
  });

  it('explains that the address is not of this machine', async () => {
    await expect(requirePort(0, '192.0.2.1')).rejects.toThrow('HOST is not an address of this machine');
  });
});
