import { type TestDatabase } from './test-database.js';

/** Not data of tenants: what has been migrated, and when keys were used. */
const IGNORED = ['mikro_orm_migrations', 'api_keys'];

/** Rows and a digest of the content of every table, to tell whether anything has changed in between. */
export async function tableDigests(database: TestDatabase): Promise<Record<string, string>> {
  const tables = await database.query<{ name: string }>(TABLES, [IGNORED]);
  const digest = ({ name }: { name: string }) =>
    `select '${name}' as name, count(*) || ' ' || md5(coalesce(string_agg(r::text, ' ' order by r::text), '')) as digest from "${name}" r`;
  const rows = await database.query<{ name: string; digest: string }>(tables.map(digest).join(' union all '));
  return Object.fromEntries(rows.map((row) => [row.name, row.digest]));
}

/** Partitions are read through their tables. */
const TABLES = `
select relname as name from pg_class
where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace and relname != all($1)
order by 1`;
