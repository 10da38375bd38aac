import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Output } from './output.js';
import { SupervisedProcess, type Supervisor } from './supervised-process.js';

/** Work in flight may take this long to end; the apps' own limit is below it. */
const GRACE_MS = 15_000;
const READY_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2_000;
const STOP_WITH_PARENT = new URL('./stop-with-parent.js', import.meta.url).href;

/**
 * The api or the worker as a process of its own; its log goes to `output`.
 *
 * @param env complete, with addresses and secrets
 */
export function childApp(
  name: 'api' | 'worker',
  env: NodeJS.ProcessEnv,
  supervisor: Supervisor,
  output: Output,
): SupervisedProcess {
  const main = fileURLToPath(new URL(`../../${name}/src/main.js`, import.meta.url));
  const spawnApp = () => {
    const args = ['--enable-source-maps', '--import', STOP_WITH_PARENT, main];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
    for (const stream of [child.stdout, child.stderr]) if (stream) output.follow(name, stream);
    return child;
  };
  return new SupervisedProcess({ name, stopSignal: 'SIGTERM', graceMs: GRACE_MS, spawn: spawnApp }, supervisor);
}

/** Waits until the app says that it is ready. @param baseUrl where it listens */
export async function untilAppReady(app: SupervisedProcess, baseUrl: string, signal: AbortSignal): Promise<void> {
  const probe = async () => {
    const response = await fetch(`${baseUrl}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`/readyz answers ${response.status}`);
  };
  await app.untilReady(probe, READY_TIMEOUT_MS, signal);
}
