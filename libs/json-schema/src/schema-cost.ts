/** What checking a document can cost. */
export interface SchemaCost {
  /** Values in the schema: each looks at most once at each character of the document, unless the cost is not bounded. */
  nodes: number;
  /** Whether the work can grow faster than the document: references, comparisons of all items, formats that backtrack. */
  unbounded: boolean;
}

/** Formats that ajv-formats checks in linear time. */
const LINEAR_FORMATS = new Set(['date', 'time', 'date-time', 'uuid', 'ipv4', 'int32', 'int64', 'float', 'double']);

/** Weighs a schema without regard to what is a keyword and what the name of a property: it may seem dearer than it is. */
export function schemaCost(schema: unknown): SchemaCost {
  const cost: SchemaCost = { nodes: 0, unbounded: false };
  const visit = (value: unknown): void => {
    cost.nodes++;
    if (typeof value !== 'object' || value === null) return;
    for (const [keyword, inner] of Object.entries(value)) {
      cost.unbounded ||= growsFaster(keyword, inner);
      visit(inner);
    }
  };
  visit(schema);
  return cost;
}

function growsFaster(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return !LINEAR_FORMATS.has(String(value));
  return (
    keyword === '$ref' ||
    keyword === '$dynamicRef' ||
    keyword === '$recursiveRef' ||
    (keyword === 'uniqueItems' && value !== false)
  );
}
