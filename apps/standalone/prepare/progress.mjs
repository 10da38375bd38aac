/** Back to the first column, and nothing left of a longer line (ECMA-48 EL). */
const REWRITE = '\r\x1b[K';

/**
 * Shows a slow step with its elapsed time: counting on a terminal, one line elsewhere (logs of a CI).
 *
 * @template T
 * @param {string} text
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(text, work) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const tick = () => process.stdout.write(`${REWRITE}${text} ${seconds()}`);
  const timer = process.stdout.isTTY ? setInterval(tick, 1_000) : undefined;
  process.stdout.write(text);
  try {
    const result = await work();
    process.stdout.write(process.stdout.isTTY ? `${REWRITE}${text} ${seconds()}\n` : ` ${seconds()}\n`);
    return result;
  } catch (error) {
    process.stdout.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
