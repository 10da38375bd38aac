import fc from 'fast-check';
import { type Schema } from './openapi-document.js';

const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
const object = (members: [string, string][]) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;
const text = JSON.stringify;

/** JSON that has broken servers before, as text: most of it cannot be written any other way. */
const HOSTILE = [
  ...['null', 'true', 'false', '[]', '{}', '""', '" "', '[[]]', '[null]', '[{}]', '{"":""}'],
  ...['0', '-0', '-1', '0.5', '1e999', '-1e999', '1e-999', '2147483648', '9007199254740993', '9223372036854775808'],
  ...[String.raw`"\u0000"`, String.raw`"a\u0000b"`, String.raw`"\ud800"`, String.raw`"\udc00\ud800"`, '"\u202e\ufeff"'],
  ...['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '"__proto__"', '"constructor"'],
  ...[
    '{"then":1,"toJSON":1,"toString":1,"valueOf":null,"hasOwnProperty":1,"length":-1}',
    '{"$ne":null}',
    '{"a":1,"a":2}',
  ],
  ...['"[1e999]"', String.raw`"{\"__proto__\":{}}"`, String.raw`"[\"\\u0000\"]"`, text(nested('[', ']', 5000))],
  ...[
    nested('[', ']', 60),
    nested('[', ']', 70),
    nested('[', ']', 20_000),
    nested('{"a":', '}', 70).replace(':}', ':1}'),
  ],
  ...['"+275760-09-13"', '"0000-01-01"', '"9999-12-31T23:59:60Z"', '"-000001-01-01T00:00:00Z"', '"2026-13-45"'],
  ...['"http://[::"', '"http://a:99999"', '"https://xn--a"', '"javascript:alert(1)"', '"http://%00"', '"http://x\\ny"'],
  ...['"(a+)+$"', '"("', '"$"', '"*.**"', '"$map([1..1e9], $x)"', '"\'; drop table sources; --"', '"%"', '"${7*7}"'],
  ...[text('x'.repeat(1001)), text('é'.repeat(100_000)), text('x'.repeat(300_000)), `[${'1,'.repeat(50_000)}1]`],
  ...[`[${'"a",'.repeat(1001)}"a"]`, object(Array.from({ length: 5000 }, (_, i) => [`"k${i}"`, '1']))],
  ...[
    '"default"',
    `"${'0'.repeat(32)}"`,
    '{"type":"text"}',
    '{"$ref":"#"}',
    '{"$schema":"x"}',
    '[{"field":"a","op":"eq"}]',
  ],
  ...['[{"any":[]}]', '[{"not":{"not":{}}}]', '[{"field":"payload.a","op":"regex","value":"(a+)+("}]', '{"token":1}'],
];

/** Anything that JSON can say, as text. */
const anyJson = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }).map((value) => text(value)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }).map((value) => text(value)) },
);

/** A value of a field: what it may be, or what it may not. */
function valueOf({ example, enum: values = [] }: Schema): fc.Arbitrary<string> {
  const allowed = [example, ...values].filter((value) => value !== undefined).map((value) => text(value));
  return allowed.length > 0
    ? fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...allowed) }, { weight: 1, arbitrary: anyJson })
    : anyJson;
}

/**
 * Bodies for an operation, as text: mostly objects with the documented fields, of which some have hostile values; also
 * objects with other fields, anything else that is JSON, and what is not.
 *
 * @param real values of fields that are needed, and whose documented example would not do
 */
export function hostileBody(
  { properties = {}, required = [] }: Schema,
  real: Record<string, string>,
): fc.Arbitrary<string> {
  const names = Object.keys(properties).filter((name) => name !== 'org_id' && name !== 'env_id');
  const needed = new Set([...required, ...Object.keys(real)]);
  const fields = names.map((name) =>
    fc.tuple(
      fc.constant(text(name)),
      valueOf({ ...properties[name], ...(name in real && { example: real[name] }) }),
      fc.nat(99).map((chance) => chance < (needed.has(name) ? 97 : 15)),
    ),
  );
  const known = fc.tuple(...fields).map((all) => all.filter(([, , sent]) => sent));
  const others = fc.array(
    fc.tuple(fc.constantFrom('"__proto__"', '"constructor"', '"org_id"', '"id"', '"a\\u0000"', '""'), anyJson),
    { maxLength: 1 },
  );
  const objects = fc
    .tuple(known, fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: others }))
    .map(([sent, more]) => object([...sent.map(([name, value]): [string, string] => [name, value]), ...more]));
  return fc.oneof(
    { weight: 12, arbitrary: objects },
    { weight: 1, arbitrary: anyJson },
    { weight: 1, arbitrary: objects.map((body) => body.slice(0, -1)) },
  );
}
