const PAUSE_MS = 25;

/**
 * Repeats an assertion until it holds.
 *
 * @param withinMs after which its last failure is thrown
 */
export async function eventually<T>(assertion: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
