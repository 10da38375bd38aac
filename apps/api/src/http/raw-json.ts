import { type IncomingMessage } from 'node:http';

const BODIES = new WeakMap<IncomingMessage, string>();

/** Keeps the text of a JSON body, for those who want a part of it exactly as it was sent. A `verify` of `express.json`. */
export function keepRawJson(request: IncomingMessage, _: unknown, body: Buffer, encoding: string): void {
  if (encoding === 'utf-8') BODIES.set(request, body.toString('utf8'));
}

/**
 * The text of one member of the JSON object that was sent, without the whitespace around it.
 *
 * @returns undefined when there is none, or the body was not UTF-8
 */
export function rawMember(request: IncomingMessage, name: string): string | undefined {
  const json = BODIES.get(request);
  return json === undefined ? undefined : memberOf(json, name);
}

/** @param json a valid JSON object. @returns as of several members with one name `JSON.parse` does, the last */
export function memberOf(json: string, name: string): string | undefined {
  let found: string | undefined;
  let at = json.indexOf('{') + 1;
  for (;;) {
    const start = skip(json, at, ' \t\n\r,');
    if (json[start] !== '"') return found;
    const end = endOfValue(json, start);
    const valueStart = skip(json, end, ' \t\n\r:');
    at = endOfValue(json, valueStart);
    if (JSON.parse(json.slice(start, end)) === name) found = json.slice(valueStart, at);
  }
}

function skip(json: string, from: number, characters: string): number {
  let at = from;
  while (at < json.length && characters.includes(json.charAt(at))) at++;
  return at;
}

/** Where the value that starts there ends. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const character = json.charAt(at);
    if (character === '"') at = endOfString(json, at);
    else if (character === '{' || character === '[') depth++;
    else if (depth > 0 && (character === '}' || character === ']')) depth--;
    else if (depth === 0 && ' \t\n\r,}]'.includes(character)) return at;
    if (depth === 0 && '"}]'.includes(json.charAt(at))) return at + 1;
  }
  return json.length;
}

/** @param start of the opening quote. @returns where the closing one is */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
