import { RE2JS, RE2Set, RE2JSException } from 're2js';

/**
 * Bytes of automaton kept per pattern. re2js keeps up to 8 MiB for a single pattern and only lets a set choose, hence the set of
 * one below: measured on the kind of text filters see it is as fast, and 100 hostile patterns cannot fill a worker.
 */
const AUTOMATON_BYTES = 256 * 1024;

/** Longest pattern, in UTF-16 code units; it bounds the time to compile one (0.2 s at worst, typically 1 ms). */
const MAX_PATTERN_LENGTH = 1_000;

/**
 * Compiles a pattern of RE2 syntax (https://github.com/google/re2/wiki/Syntax; no look-around, no back-references). It is
 * searched for anywhere in the text, in time linear in the text.
 *
 * @throws RE2JSException when the pattern is not RE2
 */
export function linearRegex(pattern: string): (text: string) => boolean {
  const set = new RE2Set(RE2Set.UNANCHORED, 0, AUTOMATON_BYTES);
  set.add(pattern);
  set.compile();
  return (text) => set.match(text).length > 0;
}

/** A pattern in the syntax of JavaScript's regular expressions as one for {@link linearRegex}. */
export function toLinearSyntax(pattern: string): string {
  return RE2JS.translateRegExp(pattern);
}

/**
 * Checks a pattern and weighs it. A match costs at worst about 10 ns per instruction and character.
 *
 * @returns the number of instructions, or what is wrong with the pattern
 */
export function weighPattern(pattern: string): { instructions: number } | { problem: string } {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { problem: `must not be longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    return { instructions: RE2JS.compile(pattern).programSize() };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { problem: `must be a pattern RE2 accepts: ${error.message.replace('error parsing regexp: ', '')}` };
  }
}
