import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#libs/database';
import { Admission } from '#libs/destinations';
import { Log } from '#libs/observability';
import { ADMISSIBLE } from './admissible.js';

/** Rows cancelled by one statement, so that it never holds many locks. */
const BATCH = 1000;

/** Cancels what was to be delivered to destinations that were deleted or disabled. */
@Injectable()
export class CancellationsService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Works off all requests; one that is interrupted goes on with the next call, in whichever worker. */
  async run(): Promise<void> {
    const requests = await this.database.query<{ destination_id: string; cause: string }>('cancellations', REQUESTS);
    for (const { destination_id, cause } of requests) {
      let count = 0;
      for (const statement of STATES) {
        for (let left = BATCH; left === BATCH; count += left) {
          const rows = await this.database.query(statement.name, statement.text, [destination_id, cause, BATCH]);
          left = rows.length;
        }
      }
      if (cause === 'destination_deleted') await this.admission.forget(destination_id);
      await this.database.query('cancelled', 'delete from cancellations where destination_id = $1', [destination_id]);
      this.log.info({ destination_id, cause, count }, 'deliveries cancelled');
    }
  }
}

const REQUESTS = 'select destination_id, cause from cancellations order by created_at';

/** One statement for each index. Nothing is cancelled for a destination that was enabled again meanwhile. */
const STATES = [
  { name: 'cancel_waiting', condition: ADMISSIBLE, order: 'destination_id, seq, id' },
  { name: 'cancel_queued', condition: `state = 'queued'`, order: 'destination_id, admitted_at' },
  { name: 'cancel_retrying', condition: `state = 'retrying'`, order: 'destination_id, id' },
].map(({ name, condition, order }) => ({
  name,
  text: `
update deliveries set state = 'cancelled', cause = $2, next_retry_at = null
where id = any(array(
    select id from deliveries where destination_id = $1 and ${condition} order by ${order} limit $3
    for update skip locked))
  and ${condition}
  and exists (select from cancellations where destination_id = $1)
returning id`,
}));
