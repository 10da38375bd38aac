import { chownSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartupError } from './startup-error.js';

/**
 * `nobody` on every current Linux distribution. PostgreSQL refuses to run as root, and initdb needs a user that is in
 * the password file; this one is there without creating anything.
 */
const NOBODY = 65_534;

/** How PostgreSQL and Redis are started in their directory. */
export interface ServiceHome {
  /** working directory for the process */
  cwd: string;
  /** what the process calls its working directory */
  ownName: string;
  /** set when this process is root */
  user?: { uid: number; gid: number };
}

/**
 * Makes a directory that belongs to the user the stores run as: this user, or `nobody` when this user is root.
 *
 * As root the directory may lie where that user cannot go (below /root, or a 0700 project). The working directory is
 * entered before root is given up, and /proc/self/cwd is a name for it that needs no rights on the way there.
 *
 * @param parent the home it lies in; it then belongs to the same user
 * @throws StartupError as root on anything but Linux
 */
export function makeServiceHome(directory: string, parent?: ServiceHome): ServiceHome {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0) return { cwd: directory, ownName: directory };
  if (process.platform !== 'linux') {
    throw new StartupError('PostgreSQL does not run as root. Use an ordinary user, or set DATABASE_URL and REDIS_URL.');
  }
  const { uid, gid } = statSync(directory);
  // An ordinary user who ran hookstream here before keeps it.
  const owner = uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
  const user = parent?.user ?? owner;
  chownSync(directory, user.uid, user.gid);
  return { cwd: directory, ownName: '/proc/self/cwd', user };
}

/**
 * Root that uses an ordinary user's directory leaves files that user can still read.
 *
 * @param path a new file; it goes to the owner of its directory
 */
export function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}
