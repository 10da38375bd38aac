import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { runQuietly } from './child.mjs';

const FOLDERS = ['apps', 'libs'];
const SETTINGS = ['.swcrc', 'package.json', 'apps/standalone/prepare/build.mjs'];
const NOT_BUILT = ['**/*.spec.ts', '**/test/**', '**/*.mjs'];
const isBuilt = (path) => !/\.spec\.ts$|\.mjs$|[\\/]test[\\/]/.test(path);

/** Whether dist was built from the sources as they are now. @param {string} root */
export function isUpToDate(root) {
  return existsSync(stampFile(root)) && readFileSync(stampFile(root), 'utf8') === sourcesHash(root);
}

/**
 * Compiles into `workDirectory` and moves the result into dist file by file: each move is atomic, so that a process
 * that runs from dist meanwhile, and starts its children from there, finds every file at any time.
 *
 * @param {string} root
 * @param {string} workDirectory an empty directory in `root` (as deep as dist, or the paths in source maps are wrong)
 */
export async function build(root, workDirectory) {
  const hash = sourcesHash(root);
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  const args = [
    swc,
    ...FOLDERS,
    '--out-dir',
    relative(root, workDirectory),
    '--ignore',
    NOT_BUILT.join(','),
    '--quiet',
  ];
  await runQuietly(process.execPath, args, { cwd: root, failure: 'The sources could not be compiled:' });

  const dist = join(root, 'dist');
  rmSync(stampFile(root), { force: true });
  const built = filesBelow(workDirectory).map((file) => relative(workDirectory, file));
  for (const file of built) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(workDirectory, file), join(dist, file));
  }
  const current = new Set(built);
  for (const file of filesBelow(dist)) if (!current.has(relative(dist, file))) rmSync(file);
  writeFileSync(stampFile(root), hash);
}

/** Contents rather than times: git sets times as it likes. About 20 ms. */
function sourcesHash(root) {
  const sources = FOLDERS.flatMap((folder) => filesBelow(join(root, folder)))
    .filter(isBuilt)
    .sort();
  const hash = createHash('sha256');
  for (const file of [...sources, ...SETTINGS.map((setting) => join(root, setting))])
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function stampFile(root) {
  return join(root, 'dist/.sources');
}
