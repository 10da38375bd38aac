/** SQLSTATE of a PostgreSQL error, looking through the ORM's wrapper. */
function sqlState(error: unknown): string | undefined {
  const candidate = error as { code?: unknown; cause?: unknown } | null | undefined;
  if (typeof candidate?.code === 'string') return candidate.code;
  return candidate?.cause ? sqlState(candidate.cause) : undefined;
}

/** Whether a unique index refused the statement. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** Whether the server was out of reach, went away or is out of resources: the statement itself may be sound. */
export function isConnectionFailure(error: unknown): boolean {
  const code = sqlState(error);
  // 08 connection, 53 resources, 57 operator intervention (restart), 25006 read only; everything else with five
  // characters came from a server that looked at the data.
  return code === undefined || code.length !== 5 || /^(08|53|57|25006)/.test(code);
}

/**
 * Whether PostgreSQL could not be reached, or went away. Unlike {@link isConnectionFailure} for errors of any origin: what
 * does not look like it is taken for something else.
 */
export function isServerAway(error: unknown): boolean {
  const code = sqlState(error);
  if (code !== undefined)
    return /^(08...|57P0.|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|ETIMEDOUT|EAI_AGAIN)$/.test(code);
  return (
    error instanceof Error &&
    /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect/.test(
      error.message,
    )
  );
}
