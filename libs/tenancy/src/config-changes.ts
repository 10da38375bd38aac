import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { ConfigVersions } from './config-versions.js';

/** Changes to what the caches hold (sources, destinations, connections, keys). */
@Injectable()
export class ConfigChanges {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigVersions) private readonly versions: ConfigVersions,
  ) {}

  /**
   * Runs a change in one transaction that also raises the environment's version, then announces it.
   *
   * @param change works on the given entity manager; what it leaves dirty is flushed
   */
  async commit<T>(environmentId: string, change: (em: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.em.fork().transactional(async (em) => {
      const changed = await change(em);
      await em.flush();
      await em.execute('update environments set config_version = config_version + 1 where id = ?', [environmentId]);
      return changed;
    });
    this.versions.announce(environmentId);
    return result;
  }
}
