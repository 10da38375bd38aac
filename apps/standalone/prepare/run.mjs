import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isUpToDate } from './build.mjs';
import { PrepareError, runInForeground } from './child.mjs';
import { HELP } from './help.mjs';
import { install, isInstalled } from './install.mjs';
import { exclusively } from './lock.mjs';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
/** What undici, and with it every delivery, needs. */
const OLDEST_NODE = [22, 19];
const JEST = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

/** @param {string[]} args `install`, `build`, `start` or `test`, and what was typed after it */
export async function run([command, ...args]) {
  try {
    await commands[command](args);
  } catch (error) {
    console.error(error instanceof PrepareError ? error.message : (withoutRights(error) ?? error));
    process.exit(1);
  }
}

function withoutRights({ code, path }) {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) return undefined;
  return `${path} cannot be written. It probably belongs to another user: change its owner, or clone the project anew.`;
}

const commands = {
  /** Dependencies only; for a CI that calls the tools itself afterwards. */
  install: () => prepare({ built: false }),
  build: () => prepare({ built: true }),
  async start(args) {
    if (args.includes('--help') || args.includes('-h')) return console.log(HELP);
    if (args.length > 0) throw new PrepareError(`Unknown argument: ${args.join(' ')}\n\n${HELP}`);
    await prepare({ built: true });
    const main = ['--enable-source-maps', 'dist/apps/standalone/src/main.js'];
    await runInForeground(suitableNode(), main, { cwd: root, channel: true });
  },
  async test(args) {
    await prepare({ built: true });
    await runInForeground(suitableNode(), [...JEST, '-c', 'jest.config.mjs', ...args], { cwd: root, channel: false });
  },
};

async function prepare({ built }) {
  const isReady = () => isInstalled(root) && (!built || isUpToDate(root));
  if (isReady()) return;
  await exclusively(join(root, '.prepare.lock'), async (lock) => {
    // Asked again: the process this one waited for has probably done it.
    if (!isInstalled(root)) await install(root);
    if (built && !isUpToDate(root)) await build(root, lock);
  });
}

/** The Node of the dependencies (the system's may be too old); the system's own where there is none for the platform. */
function suitableNode() {
  const bundled = join(root, 'node_modules/.bin/node');
  // It is started rather than looked for: on Alpine the file is there, but the C library it needs is not.
  if (existsSync(bundled) && spawnSync(bundled, ['--version']).status === 0) return bundled;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath;
  throw new PrepareError(
    `hookstream needs Node.js ${OLDEST_NODE.join('.')} or newer on this platform (${process.platform}-${process.arch}); this is ` +
      `${process.version}. Install a newer one from https://nodejs.org or use docker compose (docker/compose.yaml).`,
  );
}
