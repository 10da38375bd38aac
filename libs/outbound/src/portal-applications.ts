import { Inject, Injectable } from '@nestjs/common';
import { Database, uuids } from '#libs/database';
import { ConfigCache, ConfigVersions, type Plan, type Versioned } from '#libs/tenancy';

/** An active application, as far as a portal token opens it. */
export interface PortalApplication extends Versioned {
  id: string;
  uid: string;
  organizationId: string;
  plan: Plan;
}

/** Active applications in memory; read once per change of their environment. */
@Injectable()
export class PortalApplications {
  private readonly applications: ConfigCache<PortalApplication>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.applications = new ConfigCache(versions, (ids) => this.load(ids));
  }

  /** The application, or undefined if there is none or it is disabled. @param id canonical */
  async get(id: string): Promise<PortalApplication | undefined> {
    return this.applications.peek(id) ?? (await this.applications.get(id));
  }

  private async load(ids: string[]): Promise<Map<string, PortalApplication>> {
    const rows = await this.database.query<ApplicationRow>('load_portal_applications', LOAD, [uuids(ids)]);
    return new Map(
      rows.map((row) => [
        row.id,
        {
          id: row.id,
          uid: row.uid,
          organizationId: row.organization_id,
          environmentId: row.environment_id,
          configVersion: row.config_version,
          plan: row.plan,
        },
      ]),
    );
  }
}

interface ApplicationRow {
  id: string;
  uid: string;
  organization_id: string;
  environment_id: string;
  plan: Plan;
  config_version: number;
}

const LOAD = `
select a.id, a.uid, a.organization_id, a.environment_id, o.plan, e.config_version
from applications a join environments e on e.id = a.environment_id join organizations o on o.id = a.organization_id
where a.id = any($1::uuid[]) and a.status = 'active'`;
