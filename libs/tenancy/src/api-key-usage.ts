import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { Database, int4s, timestamps, uuids } from '#libs/database';
import { Log } from '#libs/observability';

const FLUSH_AFTER_MS = 3000;

interface Use {
  requests: number;
  lastAt: Date;
}

/** Counts the requests of every key in memory and writes them down together every few seconds. */
@Injectable()
export class ApiKeyUsage implements BeforeApplicationShutdown {
  private uses = new Map<string, Use>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Remembers that a key has been used just now. */
  record(apiKeyId: string): void {
    this.add(apiKeyId, { requests: 1, lastAt: new Date() });
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.flushing;
    await this.flush();
    clearTimeout(this.timer);
  }

  private add(apiKeyId: string, { requests, lastAt }: Use): void {
    const use = this.uses.get(apiKeyId);
    this.uses.set(apiKeyId, {
      requests: requests + (use?.requests ?? 0),
      lastAt: use && use.lastAt > lastAt ? use.lastAt : lastAt,
    });
    this.timer ??= setTimeout(() => {
      this.flushing = this.flush();
    }, FLUSH_AFTER_MS).unref();
  }

  private async flush(): Promise<void> {
    const { uses } = this;
    this.uses = new Map();
    this.timer = undefined;
    if (uses.size === 0) return;
    try {
      await this.database.query('record_key_usage', RECORD, [
        uuids([...uses.keys()]),
        int4s([...uses.values()].map(({ requests }) => requests)),
        timestamps([...uses.values()].map(({ lastAt }) => lastAt)),
      ]);
    } catch (err) {
      this.log.warn({ err }, 'the use of API keys could not be recorded and will be tried again');
      for (const [apiKeyId, use] of uses) this.add(apiKeyId, use);
    }
  }
}

/** What belongs to a row is taken by its position (docs/adr/0004). */
const own = (array: string) => `(${array})[array_position($1::uuid[], id)]`;

const RECORD = `
update api_keys set request_count = request_count + ${own('$2::int[]')},
  last_used_at = greatest(last_used_at, ${own('$3::timestamptz[]')})
where id = any($1::uuid[])`;
