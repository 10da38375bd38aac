import { Migration20261121000000 } from './migration-20261121000000.js';
import { Migration20261121010000 } from './migration-20261121010000.js';
import { Migration20261121020000 } from './migration-20261121020000.js';
import { Migration20261121030000 } from './migration-20261121030000.js';
import { Migration20261121040000 } from './migration-20261121040000.js';
import { Migration20261121050000 } from './migration-20261121050000.js';
import { Migration20261121060000 } from './migration-20261121060000.js';
import { Migration20261121090000 } from './migration-20261121090000.js';
import { Migration20261121100000 } from './migration-20261121100000.js';
import { Migration20261121110000 } from './migration-20261121110000.js';
import { Migration20261121120000 } from './migration-20261121120000.js';
import { Migration20261121130000 } from './migration-20261121130000.js';

/** In the order they are applied. */
export const migrations = [
  Migration20261121000000,
  Migration20261121010000,
  Migration20261121020000,
  Migration20261121030000,
  Migration20261121040000,
  Migration20261121050000,
  Migration20261121060000,
  Migration20261121090000,
  Migration20261121100000,
  Migration20261121110000,
  Migration20261121120000,
  Migration20261121130000,
];
