import { type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startReceiver } from '#libs/testing';
import { type FailureCause, type ProviderOutcome } from '../../src/provider.js';
import { type Broadcaster } from '../../src/providers/websocket/broadcaster.js';
import { closedGuard, delivery, type Settings, Workbench } from './fixtures.js';
import {
  closedPort,
  countingProxy,
  type CountingServer,
  rudeServer,
  silentServer,
  untrustedServer,
} from './servers.js';

/** What arrived at the other end. */
export interface Arrived {
  eventId: string;
  /** Decoded as docs/destinations.md tells consumers to. */
  body: Buffer;
}

/** The other end of a provider: the real program, or the nearest there is. */
export interface Counterpart {
  port: number;
  /** Settings of a destination there, the host and port of its URLs replaced. @param origin such as `https://127.0.0.1:1234` */
  settingsAt(origin: string): Settings;
  arrived(): Arrived[] | Promise<Arrived[]>;
  stop(): Promise<unknown>;
}

interface Expected {
  kind: 'retryable' | 'permanent';
  cause: FailureCause;
  retryAfterMs?: number;
}

/** A way to fail: settings, a body, or an answer that the service would give. */
export interface Failure {
  name: string;
  expected: Expected;
  /** @param counterpart running */
  settings?: (counterpart: Counterpart) => Settings;
  body?: Buffer;
  /** Given by a receiver in the service's place. */
  answer?: { status: number; headers?: Record<string, string>; body?: string };
}

export interface Harness {
  name: string;
  start(): Promise<Counterpart>;
  /** Of the settings; none may be in an outcome. */
  secrets: string[];
  failures: Failure[];
  /** Bytes of text that fit. @defaultValue 1 MiB */
  largestBody?: number;
  /** Changes a text that the counterpart, not the service, cannot take. */
  spare?: (text: string) => string;
  /** What an empty body comes to. @defaultValue it is delivered */
  empty?: Expected;
  /** Whether it talks HTTP. @defaultValue true */
  http?: boolean;
  /** Whether it connects to an address of the destination. @defaultValue true */
  dials?: boolean;
  /** What it sends with, unless it is the network. */
  broadcaster?: Broadcaster;
}

const MEBIBYTE = 1024 * 1024;
const BINARY = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
const TEXTS = [
  ['JSON, as it was written', '{ "b": 1.0,\n\t"a" : "ü€😀", "a": 12345678901234567890 }\r\n'],
  ['JSON that is no object', '[1, "two"]'],
  ['other text', ' <xml attribute="ä">\u2028</xml> '],
  ['text with control characters', 'a\u0000b\u001fc\ufeffd'],
] as const;

/** What every provider keeps to, whatever it talks to. */
export function describeConformance(harness: Harness): void {
  describe(`A destination: ${harness.name}`, () => {
    const bench = new Workbench(harness.broadcaster);
    const servers: { stop(): Promise<unknown> }[] = [];
    const outcomes: ProviderOutcome[] = [];
    let counterpart: Counterpart;

    beforeAll(async () => {
      counterpart = await harness.start();
    }, 90_000);
    afterAll(() => counterpart.stop());
    afterEach(async () => {
      await bench.clear();
      for (const server of servers.splice(0)) await server.stop();
    });

    const own = () => counterpart.settingsAt(`http://127.0.0.1:${counterpart.port}`);
    const during = <T extends { stop(): Promise<unknown> }>(server: T) => {
      servers.push(server);
      return server;
    };
    const arrivedOf = async (eventId: string) =>
      (await counterpart.arrived()).filter((message) => message.eventId === eventId);

    /** Sends one body. */
    async function send(
      settings: Settings,
      body: Buffer | string = '{}',
      guard?: Parameters<Workbench['provider']>[1],
    ) {
      const sent = delivery(body);
      const outcome = await bench.provider(settings, guard).send(sent);
      outcomes.push(outcome);
      return { sent, outcome };
    }

    async function expectDelivered(body: Buffer | string): Promise<void> {
      const { sent, outcome } = await send(own(), body);
      expect(outcome.kind === 'delivered' ? undefined : outcome).toBeUndefined();
      expect(outcome.durationMs).toBeGreaterThanOrEqual(0);
      await eventually(async () => expect(await arrivedOf(sent.eventId)).toHaveLength(1));
      const [message] = await arrivedOf(sent.eventId);
      // Not toEqual: a difference in a mebibyte would be printed.
      expect(message?.body.equals(sent.body)).toBe(true);
    }

    it.each(TEXTS)('delivers %s byte for byte', (_, text) => expectDelivered(harness.spare?.(text) ?? text));

    it('delivers what is not text byte for byte', () => expectDelivered(BINARY));

    it('delivers the largest body it may', () => {
      const bytes = harness.largestBody ?? MEBIBYTE;
      return expectDelivered(`{"a":"${'x'.repeat(bytes - 8)}"}`);
    });

    it('has an answer to an empty body', async () => {
      if (!harness.empty) return expectDelivered('');
      const { outcome } = await send(own(), '');
      expect(outcome).toMatchObject({ ...harness.empty });
    });

    it('delivers many at the same time, each once', async () => {
      const provider = bench.provider(own());
      const sent = Array.from({ length: 25 }, (_, number) => delivery(JSON.stringify({ number })));
      const kinds = (await Promise.all(sent.map((one) => provider.send(one)))).map(({ kind }) => kind);
      expect(new Set(kinds)).toEqual(new Set(['delivered']));
      await eventually(async () => {
        const ids = new Set(sent.map(({ eventId }) => eventId));
        const arrived = (await counterpart.arrived()).filter(({ eventId }) => ids.has(eventId));
        expect(arrived.map(({ eventId }) => eventId).sort()).toEqual([...ids].sort());
      });
    });

    it.each(harness.failures.map((failure) => [failure.name, failure] as const))('fails: %s', async (_, failure) => {
      const { settings, answer, body } = failure;
      let at = settings?.(counterpart) ?? own();
      if (answer) {
        const reply = (response: ServerResponse) =>
          response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
        at = counterpart.settingsAt(during(await startReceiver((_request, response) => reply(response))).url);
      }
      const { outcome } = await send(at, body);
      expect(outcome).toMatchObject({ ...failure.expected });
    });

    if (harness.dials ?? true) {
      it('fails: nobody listens', async () => {
        const { outcome } = await send(counterpart.settingsAt(`http://127.0.0.1:${await closedPort()}`));
        expect(outcome).toMatchObject({ kind: 'retryable', cause: 'connection_refused', response: null });
      });

      it('fails: no answer in time', async () => {
        const { port } = during(await silentServer());
        const { outcome } = await send({ ...counterpart.settingsAt(`http://127.0.0.1:${port}`), timeoutMs: 300 });
        expect(outcome).toMatchObject({ kind: 'retryable', cause: 'timeout', response: null });
        expect(outcome.durationMs).toBeLessThan(3_000);
      });

      it('fails: the other side hangs up', async () => {
        const { port } = during(await rudeServer());
        const { outcome } = await send(counterpart.settingsAt(`http://127.0.0.1:${port}`));
        expect(outcome).toMatchObject({ kind: 'retryable', cause: 'connection_reset', response: null });
      });

      it('fails: the name does not exist', async () => {
        const { outcome } = await send(counterpart.settingsAt('http://nowhere.example:8080'));
        expect(outcome).toMatchObject({ kind: 'retryable', cause: 'dns_failure', response: null });
      });

      it('fails: the certificate is not trusted', async () => {
        const { port } = during(await untrustedServer());
        const { outcome } = await send(counterpart.settingsAt(`https://127.0.0.1:${port}`));
        expect(outcome).toMatchObject({ kind: 'retryable', cause: 'tls_error', response: null });
      });

      it.each([
        ['an address', '127.0.0.1'],
        ['a name that leads there', 'loopback.example'],
      ])('never connects to a network that is not open: %s', async (_, host) => {
        const server = during(await silentServer());
        const { outcome } = await send(counterpart.settingsAt(`http://${host}:${server.port}`), '{}', closedGuard());
        expect(outcome).toMatchObject({ kind: 'permanent', cause: 'blocked_target', response: null });
        expect(server.connections()).toBe(0);
      });

      it('keeps no connection after it is closed', async () => {
        const proxy: CountingServer = during(await countingProxy(counterpart.port));
        const provider = bench.provider(counterpart.settingsAt(`http://127.0.0.1:${proxy.port}`));
        expect(await provider.send(delivery('{}'))).toMatchObject({ kind: 'delivered' });
        await provider.close();
        await eventually(() => expect(proxy.connections()).toBe(0), 2_000);
      });
    }

    if (harness.http ?? true) {
      it('takes its secrets out of answers that echo them', async () => {
        const echo = during(
          await startReceiver(({ headers, body, url }, response) =>
            response
              .writeHead(400, { 'x-echo': JSON.stringify(headers).slice(0, 4_000) })
              .end(JSON.stringify({ url, headers, body: body.toString().slice(0, 4_000) })),
          ),
        );
        const { outcome } = await send(counterpart.settingsAt(echo.url));
        expect(outcome.kind).not.toBe('delivered');
        for (const secret of harness.secrets) expect(JSON.stringify(outcome.response)).not.toContain(secret);
      });
    }

    it('has said none of its secrets', () => {
      expect(outcomes.length).toBeGreaterThan(harness.dials === false ? 7 : 15);
      const said = JSON.stringify(outcomes);
      for (const secret of harness.secrets) expect(said).not.toContain(secret);
    });
  });
}
