import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Database, uuids } from '#libs/database';
import { Log } from '#libs/observability';
import { logged } from '#libs/queues';

/** A version may be this old before it is read again, even if no announcement came. */
const MAX_AGE_MS = 1000;
const CHANNEL = 'hookstream:config';

/**
 * The configuration version of every environment this process works for. A change raises the version in its own
 * transaction and is announced over Redis; a process that misses the announcement still notices within a second.
 */
@Injectable()
export class ConfigVersions implements OnModuleInit, OnApplicationShutdown {
  private readonly versions = new Map<string, number>();
  private subscriber: Redis | undefined;
  private checkedAt = -Infinity;
  private checking: Promise<void> | undefined;
  private announcements = 0;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Redis) private readonly redis: Redis,
    @Inject(Log) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.subscriber = this.redis.duplicate({ maxRetriesPerRequest: null });
    this.subscriber.on('error', logged(this.log, 'announcements'));
    this.subscriber.on('message', () => this.expire());
    this.subscriber.subscribe(CHANNEL).catch((err: unknown) => this.log.warn({ err }, 'cannot hear announcements'));
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
    this.redis.disconnect();
  }

  /** Whether the versions may be used without reading them again. */
  get fresh(): boolean {
    return performance.now() - this.checkedAt < MAX_AGE_MS;
  }

  /** The environment's version as last read; undefined when it is not known (or gone). */
  of(environmentId: string): number | undefined {
    return this.versions.get(environmentId);
  }

  /** Reads the versions of all known environments, unless that happened within the last second. */
  async refresh(): Promise<void> {
    if (this.fresh) return;
    this.checking ??= this.read().finally(() => (this.checking = undefined));
    await this.checking;
  }

  /** Remembers the version that was read together with some of the environment's configuration. */
  learn(environmentId: string, version: number): void {
    if (version > (this.versions.get(environmentId) ?? 0)) this.versions.set(environmentId, version);
  }

  /** Tells every process that the environment's configuration has changed. Call after the commit. */
  announce(environmentId: string): void {
    this.expire();
    // Not awaited: losing the announcement costs the other processes at most a second.
    this.redis.publish(CHANNEL, environmentId).catch((err: unknown) => {
      this.log.warn({ err }, 'a configuration change could not be announced');
    });
  }

  /** Has the versions read again before they are used. */
  expire(): void {
    this.announcements++;
    this.checkedAt = -Infinity;
  }

  private async read(): Promise<void> {
    const startedAt = performance.now();
    const { announcements } = this;
    const rows = await this.database.query<{ id: string; config_version: number }>(
      'config_versions',
      'select id, config_version from environments where id = any($1::uuid[])',
      [uuids([...this.versions.keys()])],
    );
    // One that was learned meanwhile may be newer than what was read.
    const learned = new Map(this.versions);
    this.versions.clear();
    for (const row of rows) this.versions.set(row.id, Math.max(row.config_version, learned.get(row.id) ?? 0));
    // A change announced meanwhile may not be in what was read.
    if (announcements === this.announcements) this.checkedAt = startedAt;
  }
}
