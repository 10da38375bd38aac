import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#libs/database';
import { Admission } from '#libs/destinations';
import { Log } from '#libs/observability';
import { CANCELLATIONS } from './cancellation-statements.js';

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
      for (const statement of CANCELLATIONS) {
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
