/** Ctrl-C arrives once from the terminal and once each from npm and prepare.mjs, within milliseconds. */
const SAME_REQUEST_MS = 700;

/**
 * Calls `first` when this process is asked to stop, and `again` when it is asked once more.
 *
 * The end of the process that started this one (its IPC channel closes) asks too: killed, it cannot pass on a signal.
 */
export function onStopRequests(first: () => void, again: () => void): void {
  let firstAt: number | undefined;
  const request = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      first();
    } else if (performance.now() - firstAt > SAME_REQUEST_MS) again();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request);
  process.once('disconnect', request);
}
