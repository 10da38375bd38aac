/** A webhook's body as JSON, parsed when first asked for and only once; undefined when it is not JSON. */
export function webhookDocument(body: Buffer): () => unknown {
  let parsed: { document: unknown } | undefined;
  return () => (parsed ??= { document: parse(body) }).document;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
