import { TestServices } from './services.mjs';

/** Before the first test, once for all Jest projects that name this file. */
export default async function globalSetup() {
  const services = new TestServices();
  globalThis[Symbol.for('hookstream.testServices')] = services;
  // Whatever ends Jest, nothing goes on running: an exception, `--bail`, Ctrl-C.
  process.once('exit', () => services.kill());
  // Stays in place: the same Ctrl-C comes from the terminal, from npm and from prepare.mjs.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
  Object.assign(process.env, await services.start());
}
