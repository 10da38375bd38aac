/** After the last test, also when one failed. */
export default async function globalTeardown() {
  await globalThis[Symbol.for('hookstream.testServices')]?.stop();
}
