/**
 * PostgreSQL and Redis for one test that kills them: as durable as the product's, started again as `npm start` does.
 * A process of its own, started by `startOwnServices()`; tells it their addresses and the process id of every start.
 */
import { TestServices } from './services.mjs';

const tell = (message) => process.connected && process.send(message);

const services = new TestServices({ own: true, durable: true, onProcess: (name, pid) => tell({ name, pid }) });
process.once('exit', () => services.kill());

let stopping;
async function stop() {
  stopping ??= services.stop();
  await stopping;
  process.exit(0);
}
// The test is over, or was killed.
process.once('disconnect', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

tell({ environment: await services.start() });
