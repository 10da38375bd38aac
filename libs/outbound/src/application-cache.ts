import { Inject, Injectable } from '@nestjs/common';
import { parseId } from '#libs/crypto';
import { Database, texts, uuids } from '#libs/database';
import { ConfigCache, ConfigVersions, type Plan, type Versioned } from '#libs/tenancy';
import { isApplicationUid } from './application-uid.js';
import { type ApplicationStatus } from './application.entity.js';
import { keyOf, splitKey } from './name-key.js';

/** What portal tokens and the posting of messages need to know of an application. */
export interface CachedApplication extends Versioned {
  id: string;
  uid: string;
  organizationId: string;
  plan: Plan;
  status: ApplicationStatus;
}

/** Applications in memory; read once per change of their environment. */
@Injectable()
export class ApplicationCache {
  private readonly byId: ConfigCache<CachedApplication>;
  /** By environment and id or uid. */
  private readonly byName: ConfigCache<CachedApplication>;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ConfigVersions) versions: ConfigVersions,
  ) {
    this.byId = new ConfigCache(versions, async (ids) => {
      const found = await this.load(ids, []);
      return new Map(found.map((application) => [application.id, application]));
    });
    this.byName = new ConfigCache(versions, (keys) => this.loadNamed(keys));
  }

  /** The application, or undefined if there is none. @param id canonical */
  async get(id: string): Promise<CachedApplication | undefined> {
    return this.byId.peek(id) ?? (await this.byId.get(id));
  }

  /** An application of an environment by its id, with or without its prefix, or its uid. */
  async named(environmentId: string, idOrUid: string): Promise<CachedApplication | undefined> {
    if (!isApplicationUid(idOrUid) && !parseId(idOrUid)) return undefined;
    const key = keyOf(environmentId, idOrUid);
    const known = this.byName.peek(key) ?? (await this.byName.get(key));
    // That there is none may be a second old.
    return known ?? (await this.loadNamed([key])).get(key);
  }

  private async loadNamed(keys: string[]): Promise<Map<string, CachedApplication>> {
    const names = keys.map((key) => {
      const { environmentId, name: uid } = splitKey(key);
      return { key, environmentId, uid, id: parseId(uid) };
    });
    const ids = names.flatMap(({ id }) => (id ? [id] : []));
    const found = await this.load(ids, names);
    return new Map(
      names.flatMap(({ key, environmentId, uid, id }) => {
        const application = found.find(
          (one) => one.environmentId === environmentId && (one.id === id || one.uid === uid),
        );
        return application ? [[key, application]] : [];
      }),
    );
  }

  private async load(ids: string[], names: { environmentId: string; uid: string }[]): Promise<CachedApplication[]> {
    const rows = await this.database.query<ApplicationRow>('load_applications', LOAD, [
      uuids(ids),
      uuids(names.map(({ environmentId }) => environmentId)),
      texts(names.map(({ uid }) => uid)),
    ]);
    return rows.map((row) => ({
      id: row.id,
      uid: row.uid,
      organizationId: row.organization_id,
      environmentId: row.environment_id,
      configVersion: row.config_version,
      plan: row.plan,
      status: row.status,
    }));
  }
}

interface ApplicationRow {
  id: string;
  uid: string;
  organization_id: string;
  environment_id: string;
  plan: Plan;
  status: ApplicationStatus;
  config_version: number;
}

const LOAD = `
select a.id, a.uid, a.organization_id, a.environment_id, a.status, o.plan, e.config_version
from applications a join environments e on e.id = a.environment_id join organizations o on o.id = a.organization_id
where a.id = any(
  select unnest($1::uuid[])
  union
  select n.id from unnest($2::uuid[], $3::text[]) q (environment_id, uid)
    join applications n on n.environment_id = q.environment_id and n.uid = q.uid)`;
