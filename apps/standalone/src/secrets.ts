import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeAtomically } from './data-directory.js';

/** What is made up on the first start and has to stay the same. */
export interface SecretValues {
  postgresPassword: string;
  redisPassword: string;
  /** seals secrets in the database; whoever loses it loses those */
  keyring: string;
  /** only until it has been shown */
  firstApiKey?: string;
  /** whether the database knows `firstApiKey` */
  firstApiKeyIsStored?: boolean;
  /** for people */
  firstApiKeyShownAt?: string;
}

/** The file with the secrets of an installation; only its user can read it. */
export class Secrets {
  readonly values: SecretValues;

  /** Reads the file, or makes the secrets. */
  constructor(private readonly path: string) {
    if (existsSync(path)) {
      this.values = JSON.parse(readFileSync(path, 'utf8')) as SecretValues;
      return;
    }
    this.values = {
      postgresPassword: randomBytes(24).toString('hex'),
      redisPassword: randomBytes(24).toString('hex'),
      keyring: `k1:${randomBytes(32).toString('base64')}`,
    };
    this.save();
  }

  save(): void {
    writeAtomically(this.path, `${JSON.stringify(this.values, null, 2)}\n`);
  }
}
