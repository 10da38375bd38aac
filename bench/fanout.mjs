/**
 * What dead and slow endpoints cost the healthy ones of a message that goes to a thousand:
 *
 *   npm run build && npm run bench:fanout -- [--endpoints 1000] [--dead 10] [--slow 10] [--rate 0.5] [--seconds 20] [--rounds 4]
 *
 * Posts messages to one application at a fixed rate and measures, for the healthy endpoints, the time from the answer to the
 * POST until the arrival. In half of the rounds the dead endpoints (every other refuses the connection, the rest answer 500)
 * and the slow ones (answer after 5 s) are healthy too. Rounds of both kinds take turns (ABBA), so that what else the machine
 * does falls on both alike; broken endpoints are new in each round, so that no circuit is open yet. At last it posts
 * `--burst 10` messages at once, to tell how many deliveries a second that makes. Run by hand, on a quiet machine.
 */
import { parseArgs } from 'node:util';
import { kib, listen, percentile, pause, startProduct } from './product.mjs';

const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries({ endpoints: 1000, dead: 10, slow: 10, rate: 0.5, seconds: 20, rounds: 4, burst: 10 }).map(
      ([name, number]) => [name, { type: 'string', default: String(number) }],
    ),
  ),
});
const { endpoints, dead, slow, rate, seconds, rounds, burst } = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, Number(value)]),
);
const healthy = endpoints - dead - slow;
const WARM_UP_MESSAGES = 5;
const SLOW_MS = 5000;
const ARRIVE_WITHIN_MS = 120_000;
/** "discard": nobody listens. */
const CLOSED_PORT = 9;

/** By message: when each healthy endpoint that is there all the time got it. */
const arrivals = new Map();
const arrivalsOf = (id) => arrivals.get(id) ?? arrivals.set(id, []).get(id);
let failures = 0;
const receiver = await listen((request, response) => {
  const at = performance.now();
  request.resume().on('end', () => {
    if (request.url === '/healthy') arrivalsOf(request.headers['webhook-id']).push(at);
    if (request.url === '/slow') return void setTimeout(() => response.end(), SLOW_MS);
    if (request.url === '/failing') {
      failures++;
      response.statusCode = 500;
    }
    response.end();
  });
});
const product = await startProduct();

try {
  const application = `applications/${await product.create('application', { name: 'fan-out', uid: 'fan-out' })}`;
  await product.call('POST', 'event-types', { name: 'invoice.paid' });
  await addEndpoints(application, healthy, (n) => urlOf(n, 'healthy'));
  const emptyBytes = await product.redisBytes();
  await send(application, WARM_UP_MESSAGES, 1000 / rate);
  const rows = { alone: [], beside: [] };
  for (let number = 0; number < rounds; number++) {
    const kind = number % 4 === 1 || number % 4 === 2 ? 'beside' : 'alone';
    const others = await addEndpoints(
      application,
      dead + slow,
      kind === 'beside' ? brokenUrl : (n) => urlOf(n, 'other'),
    );
    const cpuBefore = cpuSeconds();
    const messages = await send(application, seconds * rate, 1000 / rate);
    const cpuMs = (cpuSeconds() - cpuBefore) * 1000;
    rows[kind].push({ messages, cpuMs, redisBytes: await product.redisBytes() });
    for (const id of others) await product.call('DELETE', `${application}/endpoints/${id}`);
    await pause(SLOW_MS);
  }
  const startedAt = performance.now();
  await send(application, burst, 0);
  const burstSeconds = (performance.now() - startedAt) / 1000;

  console.log(
    `endpoints             ${healthy} healthy, beside ${dead} dead and ${slow} slow (${failures} answered 500)`,
  );
  for (const [kind, ofKind] of Object.entries(rows)) print(kind, ofKind);
  const ratio = (share) =>
    (percentile(delaysOf(rows.beside), share) / percentile(delaysOf(rows.alone), share)).toFixed(2);
  console.log(`ratio                 p50 ${ratio(0.5)}, p95 ${ratio(0.95)}, p99 ${ratio(0.99)}`);
  console.log(`Redis data            ${kib(emptyBytes)} before the first message`);
  console.log(`${burst} messages at once    ${Math.round((burst * healthy) / burstSeconds)} deliveries a second`);
} finally {
  receiver.close();
  await product.stop();
}

/** An origin for each endpoint, as customers have: all of 127.0.0.0/8 is this machine. */
function urlOf(number, path, port = receiver.port) {
  return `http://127.${path.length}.${number >> 8}.${number & 255}:${port}/${path}`;
}

function brokenUrl(number) {
  if (number >= dead) return urlOf(number, 'slow');
  return number % 2 === 0 ? urlOf(number, 'failing') : urlOf(number, 'refused', CLOSED_PORT);
}

/** @returns their ids */
async function addEndpoints(application, count, url) {
  const ids = [];
  for (let number = 0; number < count; number++) {
    const { endpoint } = await product.call('POST', `${application}/endpoints`, { url: url(number) });
    ids.push(endpoint.id);
  }
  return ids;
}

/** Posts messages at an even rate; answers when they have arrived, with the delays of each in milliseconds. */
async function send(application, count, everyMs) {
  const startedAt = performance.now();
  const one = async (number) => {
    await pause(startedAt + number * everyMs - performance.now());
    const { message } = await product.call('POST', `${application}/messages`, {
      event_type: 'invoice.paid',
      payload: { number, note: 'x'.repeat(960) },
    });
    const answeredAt = performance.now();
    while (arrivalsOf(message.id).length < healthy) {
      if (performance.now() - answeredAt > ARRIVE_WITHIN_MS) throw new Error(`message ${message.id} did not arrive`);
      await pause(5);
    }
    return arrivalsOf(message.id).map((at) => at - answeredAt);
  };
  return Promise.all(Array.from({ length: count }, (_, number) => one(number)));
}

function cpuSeconds() {
  return Object.values(product.cpuSeconds()).reduce((sum, seconds) => sum + seconds, 0);
}

function delaysOf(ofKind) {
  return ofKind.flatMap(({ messages }) => messages.flat()).sort((a, b) => a - b);
}

function print(kind, ofKind) {
  const delays = delaysOf(ofKind);
  const at = (share) => percentile(delays, share).toFixed(0);
  const last = ofKind.flatMap(({ messages }) => messages.map((message) => Math.max(...message))).sort((a, b) => a - b);
  const cpuMs = ofKind.reduce((sum, round) => sum + round.cpuMs, 0);
  console.log(
    `${kind.padEnd(21)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${delays.length} deliveries)`,
  );
  console.log(
    `  all have a message  median ${percentile(last, 0.5).toFixed(0)} ms, longest ${percentile(last, 1).toFixed(0)} ms (${last.length} messages)`,
  );
  console.log(`  rate of a message   ${Math.round((healthy * 1000) / percentile(last, 0.5))} deliveries a second`);
  console.log(`  CPU per delivery    ${Math.round((cpuMs * 1000) / delays.length)} µs`);
  console.log(`  Redis data          ${ofKind.map(({ redisBytes }) => kib(redisBytes)).join(', ')} after the rounds`);
}
