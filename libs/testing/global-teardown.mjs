/** Whatever keeps Jest alive this long after its last test was left open by one. */
const LEAK_MS = 10_000;

/** After the last test, also when one failed. */
export default async function globalTeardown() {
  await globalThis[Symbol.for('hookstream.testServices')]?.stop();
  const leaked = () => {
    console.error('A test left something open: a server, a connection, a process or a timer.');
    process.exit(1);
  };
  setTimeout(leaked, LEAK_MS).unref();
}
