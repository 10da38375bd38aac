import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { ApiKeysService, type Principal, readScopes } from '#libs/tenancy';
import { hashDeviceCode, newDeviceCode, parseDeviceCode } from './device-code.js';
import { Identity } from './identity.js';

/** How long a code can be approved and its key fetched. */
export const DEVICE_LOGIN_SECONDS = 15 * 60;
const KEY_NAME = 'hookstream CLI';

export type DeviceLogin = { status: 'pending' } | { status: 'approved'; apiKey: string };

/**
 * Sign-in for programs without a browser: a program shows a code, somebody who is signed in approves it, and the program
 * gets a key. The key is made when it is fetched, so it is never stored but as its hash.
 */
@Injectable()
export class DeviceLoginsService {
  constructor(
    @Inject(Identity) private readonly identity: Identity,
    @Inject(ApiKeysService) private readonly apiKeys: ApiKeysService,
  ) {}

  /** @returns the code to show */
  async start(): Promise<string> {
    const code = newDeviceCode();
    await this.identity.pool.query(START, [hashDeviceCode(code), DEVICE_LOGIN_SECONDS]);
    return code;
  }

  /** Whether the code waits for approval. */
  async isPending(code: string): Promise<boolean> {
    return (await this.find(code))?.organization_id === null;
  }

  /** Lets the program act for the caller, in the caller's environment. @throws ApiError `device_code_not_found` */
  async approve(caller: Principal, code: string): Promise<void> {
    const { rowCount } = await this.identity.pool.query(APPROVE, [
      hashed(code),
      caller.organizationId,
      caller.environmentId,
      caller.scopes.join(' '),
    ]);
    if (rowCount !== 1) throw new ApiError('device_code_not_found');
  }

  /**
   * What became of a code. The answer with the key is given once.
   *
   * @throws ApiError `device_code_not_found` when it is unknown, expired or used
   */
  async poll(code: string): Promise<DeviceLogin> {
    const login = await this.find(code);
    if (!login) throw new ApiError('device_code_not_found');
    if (login.organization_id === null) return { status: 'pending' };
    // Of two that ask at the same time, one takes it.
    const { rows } = await this.identity.pool.query<ApprovedRow>(TAKE, [hashed(code)]);
    const [approved] = rows;
    if (!approved) throw new ApiError('device_code_not_found');
    const { organization_id: organizationId, environment_id: environmentId } = approved;
    const scopes = readScopes(approved.scopes);
    const { key } = await this.apiKeys.create({ organizationId, environmentId, scopes }, { name: KEY_NAME, scopes });
    return { status: 'approved', apiKey: key };
  }

  private async find(code: string): Promise<{ organization_id: string | null } | undefined> {
    const { rows } = await this.identity.pool.query<{ organization_id: string | null }>(FIND, [hashed(code)]);
    return rows[0];
  }
}

interface ApprovedRow {
  organization_id: string;
  environment_id: string;
  scopes: string;
}

/** What is no code finds nothing. */
function hashed(code: string): Buffer {
  return hashDeviceCode(parseDeviceCode(code) ?? '');
}

const START = `
with expired as (delete from device_logins where expires_at <= now())
insert into device_logins (code_hash, expires_at) values ($1, now() + $2 * interval '1 second')`;

const FIND = 'select organization_id from device_logins where code_hash = $1 and expires_at > now()';

const APPROVE = `
update device_logins set organization_id = $2, environment_id = $3, scopes = $4
where code_hash = $1 and expires_at > now() and organization_id is null`;

const TAKE = `
delete from device_logins where code_hash = $1 and expires_at > now() and organization_id is not null
returning organization_id, environment_id, scopes`;
