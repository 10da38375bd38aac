import pg from 'pg';
import './pg-types.js';

/**
 * Every statement here finds its rows by primary key or by an index made for it, and takes arrays of any length: one
 * plan is right for all, and it must not become a scan because a table was empty when it was made (docs/adr/0004).
 */
export const HOT_PATH_SETTINGS = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'jit=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** Runs one prepared statement, as {@link Database.query} does. */
export type Query = <Row extends object>(name: string, text: string, values?: unknown[]) => Promise<Row[]>;

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
      options: HOT_PATH_SETTINGS,
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

  /**
   * Runs statements in one transaction, which is rolled back when the work fails.
   *
   * @param work runs its statements with the function it is given
   */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const result = await work(async <Row extends object>(name: string, text: string, values: unknown[] = []) => {
        return (await client.query<Row & pg.QueryResultRow>({ name, text, values })).rows;
      });
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      // A connection that cannot roll back is broken and leaves the pool.
      await client.query('rollback').then(
        () => client.release(),
        () => client.release(true),
      );
      throw error;
    }
  }

  /** Closes every connection after its running statement. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}
