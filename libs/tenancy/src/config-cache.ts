import { LRUCache } from 'lru-cache';
import { Batcher } from '#libs/database';
import { type ConfigVersions } from './config-versions.js';

/** Part of an environment's configuration, with the version it was read at (in the same statement). */
export interface Versioned {
  environmentId: string;
  configVersion: number;
}

const MAX_ENTRIES = 100_000;
/** Unknown ids are remembered this briefly: enough to blunt a flood, too short to hide something new. */
const UNKNOWN_TTL_MS = 1000;
const UNKNOWN = Symbol('unknown');

/**
 * Configuration in memory, by id. An entry is used while its environment still has the version it was read at, so a
 * change anywhere is seen within a second (normally at once, see {@link ConfigVersions}) and costs no traffic until
 * the entry is needed again.
 */
export class ConfigCache<T extends Versioned> {
  private readonly entries = new LRUCache<string, T>({ max: MAX_ENTRIES });
  private readonly unknown = new LRUCache<string, typeof UNKNOWN>({ max: MAX_ENTRIES, ttl: UNKNOWN_TTL_MS });
  private readonly loads: Batcher<string, T | undefined>;

  /**
   * @param load reads what exists of the given ids, each with its environment's version
   */
  constructor(
    private readonly versions: ConfigVersions,
    load: (ids: string[]) => Promise<Map<string, T>>,
  ) {
    this.loads = new Batcher(async (ids) => {
      const found = await load([...new Set(ids)]);
      return ids.map((id) => found.get(id));
    });
  }

  /** The entry if no query is needed to answer; undefined says nothing. */
  peek(id: string): T | undefined {
    return this.versions.fresh ? this.valid(id) : undefined;
  }

  /** The entry, or undefined if there is none. */
  async get(id: string): Promise<T | undefined> {
    await this.versions.refresh();
    const entry = this.valid(id);
    if (entry || this.unknown.has(id)) return entry;
    const loaded = await this.loads.add(id);
    if (loaded) {
      this.versions.learn(loaded.environmentId, loaded.configVersion);
      this.entries.set(id, loaded);
    } else {
      this.entries.delete(id);
      this.unknown.set(id, UNKNOWN);
    }
    return loaded;
  }

  /** The entries that exist of the given ids. */
  async getMany(ids: Iterable<string>): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    await Promise.all(
      [...new Set(ids)].map(async (id) => {
        const entry = this.peek(id) ?? (await this.get(id));
        if (entry) found.set(id, entry);
      }),
    );
    return found;
  }

  private valid(id: string): T | undefined {
    const entry = this.entries.get(id);
    return entry && entry.configVersion === this.versions.of(entry.environmentId) ? entry : undefined;
  }
}
