import jsonata from 'jsonata';

const MAX_EXPRESSION_LENGTH = 10_000;
const MAX_MESSAGE_LENGTH = 500;

/**
 * Checks that a transform could be run at all, without running it: its syntax, its length, and that its regular
 * expressions belong to those that can be matched in linear time.
 *
 * @param expression JSONata, up to 10,000 characters
 * @returns what is wrong with it, as a sentence with the position; undefined if nothing is
 */
export function checkExpression(expression: string): string | undefined {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    return `The expression has ${expression.length} characters; ${MAX_EXPRESSION_LENGTH} are allowed.`;
  }
  try {
    const unsupported = regularExpressionsIn(jsonata(expression).ast()).find(needsBacktracking);
    if (unsupported === undefined) return undefined;
    return clip(
      `The regular expression ${String(unsupported)} uses look-ahead or a back-reference; these are not supported.`,
    );
  } catch (error) {
    // The parser is recursive.
    if (error instanceof RangeError) return 'The expression is nested too deeply.';
    const { message, position } = error as Partial<jsonata.JsonataError>;
    return clip(
      (message ?? 'The expression is not valid') + (position === undefined ? '.' : ` (at position ${position}).`),
    );
  }
}

/** The syntax tree refers to itself in places. */
function regularExpressionsIn(node: unknown, seen = new Set<unknown>()): RegExp[] {
  if (typeof node !== 'object' || node === null || seen.has(node)) return [];
  if (node instanceof RegExp) return [node];
  seen.add(node);
  return Object.values(node).flatMap((child) => regularExpressionsIn(child, seen));
}

/** By its text: compiling a pattern such as `(a{999}){999}` would stop this process for a second. */
function needsBacktracking(pattern: RegExp): boolean {
  const withoutEscapesAndClasses = pattern.source.replace(/\\[^1-9k]/g, '').replace(/\[[^\]]*\]/g, '');
  return /\(\?[=!]|\\[1-9k]/.test(withoutEscapesAndClasses);
}

function clip(message: string): string {
  return message.slice(0, MAX_MESSAGE_LENGTH);
}
