import { Inject, Injectable } from '@nestjs/common';
import { Config } from '#libs/config';
import { Database } from '#libs/database';
import { ROLL_UP } from './roll-up-statement.js';

/** What is done now and then, for all. */
@Injectable()
export class HousekeepingService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Config) private readonly config: Config,
  ) {}

  /**
   * Adds what has been counted since the last time to `event_count` and `last_…_at`, and to the statistics of endpoints.
   *
   * @returns ids of endpoints that have failed again, and have only failed for as many days as make them be disabled
   */
  async rollUpCounters(): Promise<string[]> {
    const days = this.config.HOOKSTREAM_ENDPOINT_DISABLE_AFTER_DAYS || null;
    const rows = await this.database.query<{ endpoint_id: string }>('roll_up_counters', ROLL_UP, [days]);
    return rows.map((row) => row.endpoint_id);
  }

  /** Forgets the keys of messages whose time is over. */
  async forgetMessageKeys(): Promise<void> {
    await this.database.query('forget_message_keys', 'delete from message_keys where expires_at < now()');
  }

  /** Makes the partitions of the days to come. */
  async createPartitions(): Promise<void> {
    await this.database.query('create_partitions', 'select create_partitions(current_date - 1, 9)');
  }
}
