import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SELF_SIGNED } from '../test/self-signed-certificate.js';
import { HttpClient, type HttpClientOptions } from './http-client.js';
import { type HttpRequest } from './http-outcome.js';
import { TargetGuard } from './target-guard.js';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Listens on a free port of 127.0.0.1 until the test ends; every connection is cut then. */
async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP receiver; answers its base URL. */
async function receive(listener: http.RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(http.createServer(listener))}`;
}

/** A receiver that speaks bytes: `onRequest` runs whenever something arrives. */
async function receiveRaw(onRequest: (socket: net.Socket) => void): Promise<string> {
  return `http://127.0.0.1:${await listen(net.createServer((socket) => socket.on('data', () => onRequest(socket))))}`;
}

function clientFor(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({ guard: new TargetGuard(LOOPBACK), ...options });
  cleanUps.push(() => client.close());
  return client;
}

const post = (url: string, rest: Partial<HttpRequest> = {}): HttpRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  timeoutMs: 5_000,
  ...rest,
});

describe('a response', () => {
  it('is handed back with status, headers and body', async () => {
    const url = await receive((_, response) => {
      response.writeHead(200, { 'X-Answer': '42', 'Set-Cookie': ['a=1', 'b=2'] }).end('thanks');
    });
    const outcome = await clientFor().send(post(url));
    expect(outcome).toMatchObject({
      kind: 'response',
      status: 200,
      headers: { 'x-answer': '42', 'set-cookie': 'a=1, b=2' },
      body: Buffer.from('thanks'),
      bodyTruncated: false,
      durationMs: expect.any(Number),
    });
  });

  it.each([204, 404, 410, 500, 503])('of status %d is a response', async (status) => {
    const url = await receive((_, response) => response.writeHead(status).end());
    await expect(clientFor().send(post(url))).resolves.toMatchObject({
      kind: 'response',
      status,
      body: Buffer.alloc(0),
    });
  });

  it('that redirects is not followed', async () => {
    const paths: (string | undefined)[] = [];
    const url = await receive((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const outcome = await clientFor().send(post(`${url}/hook`));
    expect(outcome).toMatchObject({ kind: 'response', status: 302, headers: { location: '/elsewhere' } });
    expect(paths).toEqual(['/hook']);
  });

  it('is not decompressed', async () => {
    const compressed = gzipSync('thanks');
    const url = await receive((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(compressed));
    await expect(clientFor().send(post(url))).resolves.toMatchObject({ kind: 'response', body: compressed });
  });

  it('of up to 1 MiB is read to its end, and the first 16 KiB are kept', async () => {
    const url = await receive((_, response) => response.end(Buffer.alloc(1024 * 1024, 'ab')));
    const outcome = await clientFor().send(post(url));
    expect(outcome).toMatchObject({ kind: 'response', status: 200, bodyTruncated: true });
    expect(outcome.kind === 'response' && outcome.body.equals(Buffer.alloc(16 * 1024, 'ab'))).toBe(true);
  });

  it('of exactly 16 KiB is not truncated', async () => {
    const body = Buffer.alloc(16 * 1024, 'ab');
    const url = await receive((_, response) => response.end(body));
    await expect(clientFor().send(post(url))).resolves.toMatchObject({ bodyTruncated: false, body });
  });

  it('may come after early hints', async () => {
    const url = await receive((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.writeHead(201).end('done');
    });
    const outcome = await clientFor().send(post(url));
    expect(outcome).toMatchObject({ kind: 'response', status: 201, body: Buffer.from('done') });
    expect(outcome).not.toHaveProperty('headers.link');
  });
});

describe('a request', () => {
  it.each([
    ['text', 'grüße 🎉', Buffer.from('grüße 🎉')],
    ['bytes', Buffer.from([0, 255, 13, 10, 128]), Buffer.from([0, 255, 13, 10, 128])],
    ['nothing', null, Buffer.alloc(0)],
  ])('arrives with exactly the bytes of its body: %s', async (_, body, expected) => {
    const bodies: Buffer[] = [];
    const url = await receive((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks));
        response.end();
      });
    });
    await clientFor().send(post(url, { body }));
    expect(bodies).toEqual([expected]);
  });

  it('arrives with its method, path, query and headers', async () => {
    let seen: Partial<http.IncomingMessage> = {};
    const url = await receive((request, response) => {
      seen = { method: request.method, url: request.url, headers: request.headers };
      response.end();
    });
    const headers = { 'Webhook-Id': 'evt_1', 'x-api-key': 'k' };
    await clientFor().send(post(`${url}/a%20b?c=d#e`, { method: 'PUT', headers }));
    expect(seen).toMatchObject({
      method: 'PUT',
      url: '/a%20b?c=d',
      headers: { 'webhook-id': 'evt_1', 'x-api-key': 'k', 'content-length': '7', host: url.slice('http://'.length) },
    });
  });

  it.each<[string, Record<string, string>]>([
    ['POST', { 'bad name': 'x' }],
    ['POST', { '': 'x' }],
    ['POST', { 'x-split': 'a\r\nx-injected: b' }],
    ['POST', { 'x-wide': '\u0100' }],
    ['POST', { 'Transfer-Encoding': 'chunked' }],
    ['POST', { 'content-length': '3' }],
    ['POST', { connection: 'a b' }],
    ['POST', { expect: '100-continue' }],
    ['POST', { host: 'a.test', Host: 'b.test' }],
    ['CONNECT', {}],
    ['PO ST', {}],
  ])('that HTTP does not allow is not sent, and does not use up a connection: %s %j', async (method, headers) => {
    const url = await receive((_, response) => response.end());
    const client = clientFor({ connectionsPerOrigin: 1 });
    await expect(client.send(post(url, { method, headers }))).resolves.toMatchObject({
      cause: 'protocol_error',
      message: expect.stringMatching(/^The request /),
    });
    await expect(client.send(post(url))).resolves.toMatchObject({ status: 200 });
  });

  it('never reaches undici with a character in a header that undici refuses', async () => {
    const url = await receive((_, response) => response.end());
    const client = clientFor({ connectionsPerOrigin: 1 });
    const characters = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code));
    const requests = characters.flatMap((c) => [{ 'x-value': `a${c}b` }, { [`x${c}`]: 'a' }, { 'x-value': c }]);
    const outcomes = await Promise.all(requests.map((headers) => client.send(post(url, { headers }))));
    const refused = outcomes.filter((outcome) => outcome.kind === 'error');
    expect(refused.filter(({ message }) => !message.startsWith('The request '))).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
  });

  it.each(['/hook', 'ftp://127.0.0.1/', 'http://user:secret@127.0.0.1/?token=secret'])(
    'to %s is not sent',
    async (url) => {
      const outcome = await clientFor().send(post(url));
      expect(outcome).toMatchObject({
        kind: 'error',
        cause: 'invalid_url',
        message: expect.stringMatching(/^The URL must /),
      });
      expect(JSON.stringify(outcome)).not.toContain('secret');
    },
  );
});

describe('a time-out', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

  it('ends the wait for a receiver that never answers', async () => {
    const url = await receive(() => undefined);
    await expect(clientFor().send(post(url, { timeoutMs: 50 }))).resolves.toMatchObject({
      cause: 'timeout',
      message: 'Timed out after 50 ms waiting for the response.',
    });
  });

  it('covers the body', async () => {
    const url = await receiveRaw((socket) => socket.write(`${HEAD}1\r\na\r\n`));
    await expect(clientFor().send(post(url, { timeoutMs: 50 }))).resolves.toMatchObject({
      cause: 'timeout',
      message: 'Timed out after 50 ms reading the response body.',
    });
  });

  it('is not put off by a body that drips for ever, and cuts the connection', async () => {
    let cut: Promise<unknown> | undefined;
    const url = await receiveRaw((socket) => {
      socket.write(HEAD);
      const drip = setInterval(() => socket.write('1\r\na\r\n'), 5);
      cut = once(socket, 'close').finally(() => clearInterval(drip));
    });
    await expect(clientFor().send(post(url, { timeoutMs: 50 }))).resolves.toMatchObject({ cause: 'timeout' });
    await cut;
  });

  it('is not put off by headers that drip for ever', async () => {
    const url = await receiveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const drip = setInterval(() => socket.write('a'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    await expect(clientFor().send(post(url, { timeoutMs: 50 }))).resolves.toMatchObject({ cause: 'timeout' });
  });

  it('covers the wait for a name', async () => {
    let answer: (error: Error) => void = () => undefined;
    const guard = new TargetGuard(LOOPBACK, () => new Promise((_, reject) => (answer = reject)));
    const client = clientFor({ guard });
    await expect(client.send(post('http://slow.test/', { timeoutMs: 50 }))).resolves.toMatchObject({
      cause: 'timeout',
      message: 'Timed out after 50 ms waiting for a connection.',
    });
    answer(new Error('at last'));
  });

  it('covers the wait for a free connection, and what timed out there is never sent', async () => {
    const seen: string[] = [];
    const connections = new Set<net.Socket>();
    const held: http.ServerResponse[] = [];
    const first = Promise.withResolvers<void>();
    const url = await receive((request, response) => {
      connections.add(request.socket);
      void text(request).then((body) => {
        seen.push(body);
        if (body !== 'first') return response.end();
        held.push(response);
        first.resolve();
      });
    });
    const client = clientFor({ connectionsPerOrigin: 1 });
    const firstOutcome = client.send(post(url, { body: 'first' }));
    await first.promise;
    await expect(client.send(post(url, { body: 'second', timeoutMs: 20 }))).resolves.toMatchObject({
      cause: 'timeout',
      message: 'Timed out after 20 ms waiting for a connection.',
    });
    held[0]?.end();
    await expect(firstOutcome).resolves.toMatchObject({ status: 200 });
    await expect(client.send(post(url, { body: 'third' }))).resolves.toMatchObject({ status: 200 });
    expect(seen).toEqual(['first', 'third']);
    expect(connections.size).toBe(1);
  });
});

describe('a failure', () => {
  it('to connect is connection_refused', async () => {
    const server = net.createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(clientFor().send(post(`http://127.0.0.1:${port}`))).resolves.toMatchObject({
      kind: 'error',
      cause: 'connection_refused',
      message: 'The receiver refused the connection (ECONNREFUSED).',
      durationMs: expect.any(Number),
    });
  });

  it.each([
    ['before the headers', ''],
    ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in a body of known length', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    [
      'in a body of known length on a closing connection',
      'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\nabc',
    ],
    ['in a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nabc'],
    [
      'in a chunked body on a closing connection',
      'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\na\r\nabc',
    ],
  ])('%s is connection_reset', async (_, bytes) => {
    const ended = await receiveRaw((socket) => socket.end(bytes));
    await expect(clientFor().send(post(ended))).resolves.toMatchObject({ cause: 'connection_reset' });
    const reset = await receiveRaw((socket) => socket.write(bytes, () => socket.resetAndDestroy()));
    await expect(clientFor().send(post(reset))).resolves.toMatchObject({ cause: 'connection_reset' });
  });

  it('of a connection that is used again is connection_reset, and the request is not sent twice', async () => {
    let requests = 0;
    const url = await receiveRaw((socket) => {
      requests += 1;
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      else socket.destroy();
    });
    const client = clientFor();
    await expect(client.send(post(url))).resolves.toMatchObject({ status: 200 });
    await expect(client.send(post(url))).resolves.toMatchObject({ cause: 'connection_reset' });
    expect(requests).toBe(2);
  });

  it.each([
    'SSH-2.0-OpenSSH_9.9\r\n',
    'HTTP/1.1 abc\r\n\r\n',
    'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ])('to speak HTTP is protocol_error: %j', async (bytes) => {
    const url = await receiveRaw((socket) => socket.write(bytes));
    await expect(clientFor().send(post(url))).resolves.toMatchObject({ cause: 'protocol_error' });
  });

  it('to stay below 1 MiB is response_too_large, and cuts the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await receive((_, response) => {
      response.on('close', closed.resolve);
      response.end(Buffer.alloc(2 * 1024 * 1024));
    });
    const client = clientFor();
    await expect(client.send(post(url))).resolves.toMatchObject({ kind: 'error', cause: 'response_too_large' });
    await closed.promise;
  });

  it('to keep the headers small is response_too_large', async () => {
    const url = await receiveRaw((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(64 * 1024)}\r\n\r\n`),
    );
    await expect(clientFor().send(post(url))).resolves.toMatchObject({ cause: 'response_too_large' });
  });

  it('to show a trusted certificate is tls_error', async () => {
    const port = await listen(https.createServer(SELF_SIGNED, (_, response) => response.end()));
    await expect(clientFor().send(post(`https://127.0.0.1:${port}`))).resolves.toMatchObject({
      cause: 'tls_error',
      message: 'No trusted TLS connection could be made (DEPTH_ZERO_SELF_SIGNED_CERT).',
    });
  });

  it('to speak TLS is tls_error', async () => {
    const url = await receive((_, response) => response.end());
    await expect(clientFor().send(post(url.replace('http:', 'https:')))).resolves.toMatchObject({ cause: 'tls_error' });
  });

  it.each(['ENOTFOUND', 'EAI_AGAIN'])('to resolve the name is dns_failure: %s', async (code) => {
    const guard = new TargetGuard([], () => Promise.reject(Object.assign(new Error('lookup failed'), { code })));
    await expect(clientFor({ guard }).send(post('http://unknown.test/'))).resolves.toMatchObject({
      cause: 'dns_failure',
    });
  });
});

describe('a blocked target', () => {
  it.each(['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '[::1]'])(
    '%s is not connected to',
    async (host) => {
      let connections = 0;
      const port = await listen(net.createServer(() => (connections += 1)));
      const outcome = await clientFor({ guard: new TargetGuard() }).send(post(`http://${host}:${port}`));
      expect(outcome).toMatchObject({
        kind: 'error',
        cause: 'blocked_target',
        message: 'The target is in a network that may not be called (ERR_BLOCKED_TARGET).',
      });
      expect(connections).toBe(0);
    },
  );

  it('is found out when a name changes its address between two connections', async () => {
    const url = await receive((_, response) => response.writeHead(200, { connection: 'close' }).end());
    const answers = ['127.0.0.1', '10.0.0.1'];
    const guard = new TargetGuard(LOOPBACK, () => Promise.resolve([{ address: answers.shift() ?? '', family: 4 }]));
    const client = clientFor({ guard });
    const request = post(url.replace('127.0.0.1', 'rebinding.test'));
    await expect(client.send(request)).resolves.toMatchObject({ status: 200 });
    await expect(client.send(request)).resolves.toMatchObject({ cause: 'blocked_target' });
    expect(answers).toEqual([]);
  });

  it('is left out when the name has other addresses too', async () => {
    const url = await receive((_, response) => response.end());
    const guard = new TargetGuard(LOOPBACK, () =>
      Promise.resolve(['10.0.0.1', '127.0.0.1'].map((address) => ({ address, family: 4 }))),
    );
    const outcome = await clientFor({ guard }).send(post(url.replace('127.0.0.1', 'two-faced.test')));
    expect(outcome).toMatchObject({ status: 200 });
  });

  it('cannot be reached through the Host header', async () => {
    const url = await receive((_, response) => response.end());
    const client = clientFor({ guard: new TargetGuard() });
    await expect(client.send(post(url, { headers: { host: 'example.com' } }))).resolves.toMatchObject({
      cause: 'blocked_target',
    });
  });
});

describe('connections', () => {
  it('are shared by concurrent requests, up to the limit', async () => {
    const server = http.createServer((_, response) => response.end());
    let connections = 0;
    server.on('connection', () => (connections += 1));
    const url = `http://127.0.0.1:${await listen(server)}`;
    const client = clientFor({ connectionsPerOrigin: 8 });
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => client.send(post(url))));
    expect(outcomes.every((outcome) => outcome.kind === 'response')).toBe(true);
    expect(connections).toBeLessThanOrEqual(8);
  });

  it('are made again after a burst of refusals', async () => {
    const server = net.createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const client = clientFor({ connectionsPerOrigin: 4 });
    const send = () => client.send(post(`http://127.0.0.1:${port}`));
    const outcomes = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(outcomes.map((outcome) => outcome.kind === 'error' && outcome.cause))).toEqual(
      new Set(['connection_refused']),
    );
    const back = http.createServer((_, response) => response.end());
    cleanUps.push(() => back.close());
    await once(back.listen(port, '127.0.0.1'), 'listening');
    await expect(send()).resolves.toMatchObject({ status: 200 });
  });

  it('are all closed by close(), after what is under way', async () => {
    const server = net.createServer((socket) => {
      socket.on('data', () => setImmediate(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')));
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    const client = clientFor();
    const underWay = client.send(post(url));
    await client.close();
    await expect(underWay).resolves.toMatchObject({ status: 200 });
    // Calls back once no connection is left.
    await new Promise((resolve) => server.close(resolve));
    await expect(client.send(post(url))).resolves.toMatchObject({ cause: 'connection_failed' });
    await client.close();
  });
});
