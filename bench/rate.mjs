/**
 * How evenly a limited destination is sent to by two workers:
 *
 *   npm run build && npm run bench:rate -- [--rate 50] [--seconds 20] [--ordering fifo]
 *
 * Sends more than the rate allows and counts what arrives in each second. Run by hand.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { startProduct } from './product.mjs';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    ordering: { type: 'string', default: 'none' },
  },
});
const [rate, seconds] = [Number(options.rate), Number(options.seconds)];

const product = await startProduct();
await product.addWorker();
const arrivals = [];
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    arrivals.push(performance.now());
    response.end();
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
try {
  const source_id = await product.create('source', { name: 'rate', slug: 'rate' });
  const destination_id = await product.create('destination', {
    name: 'rate',
    slug: 'rate',
    url: `http://127.0.0.1:${server.address().port}`,
    rate_limit_per_second: rate,
    ordering: options.ordering,
  });
  await product.create('connection', { name: 'rate', source_id, destination_id });
  for (let sent = 0; sent < rate * (seconds + 5); sent += 50) {
    await Promise.all(Array.from({ length: 50 }, () => product.ingest(source_id)));
  }
  const from = arrivals[0] + 1000;
  while (performance.now() < from + seconds * 1000) await new Promise((resolve) => setTimeout(resolve, 100));
  const within = (start, end) => arrivals.filter((at) => at >= from + start * 1000 && at < from + end * 1000).length;
  console.log(
    `per second            ${Array.from({ length: seconds }, (_, second) => within(second, second + 1)).join(' ')}`,
  );
  const mean = within(0, seconds) / seconds;
  console.log(`mean                  ${mean.toFixed(2)} of ${rate} (${((mean / rate - 1) * 100).toFixed(1)} %)`);
} finally {
  server.close().closeAllConnections();
  await product.stop();
}
