import { mkdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 1_000;
/** Ten missed heartbeats; measured with the waiter's own clock, so that neither clock changes nor reused pids matter. */
const STALE_AFTER_MS = 10_000;

/**
 * Runs `work` while no other process of this clone installs or builds. The lock is a directory, which can be created
 * by one process only, and its holder touches it every second: one that is not touched any more was left by a crash.
 *
 * @param {string} directory lock to create; `work` may put its temporary files there
 * @param {(directory: string) => Promise<void>} work
 */
export async function exclusively(directory, work) {
  await acquire(directory);
  const heartbeat = setInterval(() => touch(directory), HEARTBEAT_MS);
  const release = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', release);
  try {
    await work(directory);
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

async function acquire(directory) {
  let lastTouch;
  let unchangedSince = performance.now();
  let told = false;
  while (!tryCreate(directory)) {
    const touched = lastTouched(directory);
    if (touched !== lastTouch) {
      lastTouch = touched;
      unchangedSince = performance.now();
    } else if (performance.now() - unchangedSince > STALE_AFTER_MS) {
      rmSync(directory, { recursive: true, force: true });
      continue;
    }
    if (!told) console.log('Another npm command is preparing this directory; waiting for it…');
    told = true;
    await sleep(200);
  }
}

function tryCreate(directory) {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function lastTouched(directory) {
  return statSync(directory, { throwIfNoEntry: false })?.mtimeMs;
}

function touch(directory) {
  const now = new Date();
  try {
    utimesSync(directory, now, now);
  } catch {
    // Someone deleted the lock by hand: the work in hand is finished all the same.
  }
}
