import { Inject, Injectable } from '@nestjs/common';
import { Database, uuids } from '#libs/database';
import { Log } from '#libs/observability';
import { tellOfEndpoints } from '#libs/operational';
import { ConfigVersions } from '#libs/tenancy';

/** Endpoints closed by one statement. */
const BATCH = 500;

interface ClosedEndpoint {
  endpoint_id: string;
  environment_id: string;
}

/** Closes endpoints whose time is over, or that only fail. Harmless when several do so at once. */
@Injectable()
export class EndpointsUpkeepService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) private readonly versions: ConfigVersions,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Cancels what is pending for endpoints whose time has ended since the last call. */
  async closeExpired(): Promise<void> {
    for (let closed = BATCH; closed === BATCH;) {
      const rows = await this.database.query<ClosedEndpoint>('close_expired_endpoints', CLOSE_EXPIRED, [BATCH]);
      this.tell(rows, 'endpoint expired');
      closed = rows.length;
    }
  }

  /** Disables endpoints, and cancels what is pending for them. @param endpointIds that have only failed for too long */
  async disableFailing(endpointIds: string[]): Promise<void> {
    if (endpointIds.length === 0) return;
    const params = [uuids(endpointIds)];
    const rows = await this.database.query<ClosedEndpoint>('disable_failing_endpoints', DISABLE_FAILING, params);
    this.tell(rows, 'endpoint disabled: it only failed');
  }

  private tell(rows: ClosedEndpoint[], what: string): void {
    for (const { endpoint_id, environment_id } of rows) this.log.info({ endpoint_id, environment_id }, what);
    for (const id of new Set(rows.map((row) => row.environment_id))) this.versions.announce(id);
  }
}

/** Everything that closing means, in one statement. @param update returns endpoint_id and environment_id */
const close = (update: string, cause: string, news: string, more?: string) => `
with closed as (${update}
  returning id as endpoint_id, environment_id
), cancelled as (
  insert into cancellations (destination_id, cause) select endpoint_id, '${cause}' from closed
  on conflict (destination_id) do update set cause = excluded.cause
), told as (${tellOfEndpoints('closed', `'${news}'`, more)}
), raised as (
  update environments set config_version = config_version + 1
  where id = any(array(select distinct environment_id from closed))
)
select endpoint_id, environment_id from closed`;

const CLOSE_EXPIRED = close(
  `
  update endpoints set expired_at = now()
  where id = any(array(
    select id from endpoints
    where status = 'active' and expires_at is not null and expired_at is null and expires_at <= now()
    order by expires_at limit $1 for update skip locked))`,
  'endpoint_expired',
  'endpoint.expired',
);

const DISABLE_FAILING = close(
  `
  update endpoints set status = 'disabled', disabled_reason = 'failing', updated_at = now()
  where id = any($1::uuid[]) and status = 'active' and (expires_at is null or expires_at > now())`,
  'destination_disabled',
  'endpoint.disabled',
  `jsonb_build_object('cause', 'failing')`,
);
