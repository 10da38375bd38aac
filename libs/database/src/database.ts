import pg from 'pg';
import './pg-types.js';

export interface DatabaseOptions {
  /** Connections in the pool. @defaultValue 10 */
  maxConnections?: number;
  /** Told about errors of idle connections (a stopped server), which are otherwise harmless. */
  onIdleError?: (error: Error) => void;
}

/**
 * Plain prepared statements for the hot paths: ingest, routing, delivery and the sweep. Resources that people edit go
 * through the ORM instead.
 */
export class Database {
  readonly pool: pg.Pool;

  constructor(databaseUrl: string, options: DatabaseOptions = {}) {
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      max: options.maxConnections ?? 10,
      // Every statement here goes through an index and takes an array of any length: one plan is right for all, and
      // it must not turn into a scan because a table was empty when it was made.
      options:
        '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off',
    });
    // Without a listener a server restart would end the process: pg emits 'error' for every idle connection.
    this.pool.on('error', (error) => options.onIdleError?.(error));
  }

  /**
   * Runs one prepared statement.
   *
   * @param name names the prepared statement; one name always goes with one text
   * @param text SQL
   * @param values a Buffer is sent in binary (see `uuids` and its siblings)
   */
  async query<Row extends object>(name: string, text: string, values: unknown[] = []): Promise<Row[]> {
    const result = await this.pool.query<Row & pg.QueryResultRow>({ name, text, values });
    return result.rows;
  }

  /** Closes every connection after its running statement. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}
