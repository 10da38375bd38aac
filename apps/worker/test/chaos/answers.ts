const EXAMPLES = 3;

/** What the apis answered. */
export class Answers {
  readonly byStatus: Record<string, number> = {};
  /** No answer, by reason. */
  readonly failures: Record<string, number> = {};
  /** Answers that must not come, some of them. */
  readonly unexpected: string[] = [];

  /** @param wanted the status that says yes; the only other one that may come is 503 with Retry-After */
  constructor(readonly wanted: number) {}

  /**
   * Sends a request and counts what came of it.
   *
   * @param timeoutMs to wait for an answer
   * @returns the body of an answer that says yes; otherwise what went wrong
   */
  async ask(url: string, request: RequestInit, timeoutMs: number): Promise<{ body: string } | { problem: string }> {
    try {
      const response = await fetch(url, { ...request, method: 'POST', signal: AbortSignal.timeout(timeoutMs) });
      const body = await response.text();
      return this.note(response, body) ? { body } : { problem: `${response.status} ${body}` };
    } catch (error) {
      const reason = reasonOf(error as Error);
      this.failures[reason] = (this.failures[reason] ?? 0) + 1;
      return { problem: reason };
    }
  }

  private note({ status, headers }: Response, text: string): boolean {
    this.byStatus[status] = (this.byStatus[status] ?? 0) + 1;
    const isExpected = status === this.wanted || (status === 503 && headers.has('retry-after'));
    if (!isExpected && this.unexpected.length < EXAMPLES) {
      this.unexpected.push(`${new Date().toISOString()} ${status} ${text}`);
    }
    return status === this.wanted;
  }
}

/** `fetch failed` says little; the code of its cause does. */
function reasonOf(error: Error): string {
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.name;
}
