import { spawn } from 'node:child_process';

const PARENT_CHECK_MS = 500;

/** A failure whose message is all a person needs; it is shown without a stack. */
export class PrepareError extends Error {}

/**
 * Runs a command in silence.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, failure: string }} options `failure` is the sentence that precedes the command's own output
 */
export async function runQuietly(command, args, { cwd, failure }) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  // npm takes its time to end; what it leaves behind is recognised as unfinished.
  const ended = await forwardSignals(child, 'SIGKILL');
  if (ended.wasAsked) process.exit(130);
  if (ended.code !== 0) throw new PrepareError(`${failure}\n${ended.error?.message ?? output.trimEnd()}`);
}

/**
 * Runs a command in the foreground until it ends, and then ends this process the same way.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, channel: boolean }} options `channel`: lets the child notice when this process is killed
 */
export async function runInForeground(command, args, { cwd, channel }) {
  const child = spawn(command, args, { cwd, stdio: ['inherit', 'inherit', 'inherit', ...(channel ? ['ipc'] : [])] });
  const stopWatching = whenParentEnds(() => child.kill('SIGTERM'));
  const ended = await forwardSignals(child);
  stopWatching();
  if (ended.error) throw ended.error;
  if (ended.signal) process.kill(process.pid, ended.signal);
  process.exit(ended.code ?? 1);
}

/**
 * npm passes signals on to the shell between it and us only, and a shell that dies takes nobody along. Outside npm the
 * parent may go as it likes (`nohup … &`).
 */
function whenParentEnds(action) {
  if (process.env.npm_lifecycle_event === undefined) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    action();
  }, PARENT_CHECK_MS);
  return () => clearInterval(timer);
}

/**
 * Ctrl-C reaches the child up to three times: from the terminal, from npm and from here. The product counts what arrives
 * together as one (`stop-requests.ts`), so that a plain `kill` of any process of the chain works too.
 */
async function forwardSignals(child, as = undefined) {
  let wasAsked = false;
  const forward = (signal) => {
    wasAsked = true;
    child.kill(as ?? signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve({ error, wasAsked }));
      child.once('close', (code, signal) => resolve({ code, signal, wasAsked }));
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}
