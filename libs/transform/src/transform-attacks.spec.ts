import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TransformPool } from './transform-pool.js';

/** `$x0 := first; $x1 := step($x0); …; result` */
const chain = (length: number, first: string, step: (previous: string) => string, result: (last: string) => string) =>
  `(${[first, ...Array.from({ length }, (_, n) => step(`$x${n}`))].map((value, n) => `$x${n} := ${value}`).join('; ')}; ${result(`$x${length}`)})`;

const doubled = (times: number, result: (last: string) => string) =>
  chain(times, '"aaaaaaaa"', (previous) => `${previous} & ${previous}`, result);
const shared = (times: number, result: (last: string) => string) =>
  chain(times, '{"v": 1}', (previous) => `{"a": ${previous}, "b": ${previous}}`, result);

const stoppedByJsonata = /^Evaluation timeout after 100 milliseconds/;
const sequenceTooLong = /^The maximum sequence length of \d+ was exceeded/;
const tooLarge = /^The result of the transform is larger than/;
const costItsChild = /^The transform exceeded its memory or time limit\.$/;
/** Where V8 decides: a string it refuses, or one for which the heap does not suffice. */
const stringTooLong = /Invalid string length|larger than|exceeded its memory/;

const failing: [name: string, expression: string, message: RegExp][] = [
  ['infinite tail recursion', '($f := function($x){ $f($x + 1) }; {"a": $f(0)})', stoppedByJsonata],
  ['infinite recursion', '($f := function($x){ 1 + $f($x + 1) }; {"a": $f(0)})', /^Stack overflow/],
  ['a long range', '{"a": [1..1e7]}', sequenceTooLong],
  ['the sum of a long range', '{"a": $sum([1..1e7])}', sequenceTooLong],
  ['nested maps', '[1..9999].$map([1..9999], function($y){ $y })', /sequence length|timeout/],
  ['$eval in $eval', '{"a": $eval("$eval(\\"($f := function($x){ $f($x + 1) }; $f(0))\\")")}', /Evaluation timeout/],
  ['$eval of itself', '($e := "$eval($e)"; {"a": $eval($e)})', /exceeded its memory|too deep|timeout|overflow/],
  [
    'growth by $split and $append',
    chain(
      6,
      '$split($pad("", 2000, "a,"), ",")',
      (x) => `$append(${x}, ${x})`,
      (x) => `{"a": ${x}}`,
    ),
    sequenceTooLong,
  ],
  ['a $split of a long string', '{"n": $count($split($pad("", 5000000, "a,"), ","))}', costItsChild],
  ['a big $sort', '{"n": $sort([1..9999], function($l, $r){ $l < $r })}', stoppedByJsonata],
  ['a string doubled 40 times', doubled(40, (s) => `{"s": ${s}}`), stringTooLong],
  ['the length of a string doubled 24 times', doubled(24, (s) => `{"n": $length(${s})}`), stringTooLong],
  ['base64 of a string doubled 24 times', doubled(24, (s) => `{"n": $base64encode(${s})}`), stringTooLong],
  ['a $pad to 3e8', '{"s": $pad("x", 3e8)}', stringTooLong],
  ['$base64decode of 2e8 characters', '{"s": $base64decode($pad("", 2e8, "A"))}', stringTooLong],
  [
    '$encodeUrl of 5e7 characters',
    '{"s": $encodeUrl($pad("", 5e7, "é"))}',
    /^The text passed to \$encodeUrl\(\) is too long\./,
  ],
  ['a long picture string', '{"s": $formatNumber(1, $pad("0", 1e8, "0"))}', costItsChild],
  ['an object shared 24 times', shared(24, (x) => x), tooLarge],
  ['an object shared 30 times', shared(30, (x) => x), tooLarge],
  ['$string of an object shared 30 times', shared(30, (x) => `{"n": $length($string(${x}))}`), costItsChild],
  ['a transform of an object shared 30 times', shared(30, (x) => `(${x} ~> |$|{"z": 1}|)`), costItsChild],
  [
    'a date picture whose native regular expression backtracks',
    '{"a": $toMillis(digits, "[f][f][f][f][f][f][f][f][f]")}',
    costItsChild,
  ],
  ['a huge regular expression', `{"a": $match(text, /${'(a{999})'.repeat(1_000)}/)}`, costItsChild],
  ['many matches that each read to the end', '{"a": $replace(long, /a|a.*b/, "b")}', stoppedByJsonata],
  [
    'a call of the Function constructor',
    '{"a": $.constructor("return process")()}',
    /^Attempted to invoke a non-function/,
  ],
];

const harmless: [name: string, expression: string, body: string][] = [
  ['backtracking in $match', '{"a": $match(text, /(a+)+$/)}', '{}'],
  ['backtracking in $replace', '{"a": $replace(text, /(a+)+$/, "x")}', `{"a":"${'a'.repeat(40)}!"}`],
  ['backtracking in $contains', '{"a": $contains(text, /^(a|a)*$/)}', '{"a":false}'],
  [
    'a look at prototypes',
    '{"p": $.__proto__, "c": $.constructor, "l": $lookup($, "constructor"), "s": $sum.constructor}',
    '{}',
  ],
  ['an own __proto__', '{"__proto__": {"polluted": 1}}', '{"__proto__":{"polluted":1}}'],
  ['a __proto__ by transform', '{} ~> |$|{"__proto__": {"polluted": 1}}|', '{"__proto__":{"polluted":1}}'],
];

describe('TransformPool under attack', () => {
  const body = JSON.stringify({ text: `${'a'.repeat(40)}!`, digits: `${'1'.repeat(150)}x`, long: 'a'.repeat(200_000) });
  let pool: TransformPool;

  beforeAll(() => {
    pool = new TransformPool({ processes: 1, evaluationTimeoutMs: 100, batchTimeoutMs: 500, maxHeapMb: 64 });
  });
  afterAll(() => pool.close());

  /** The attack and its neighbours set out in the same turn of the event loop, so they travel in one batch. */
  const attackBetweenNeighbours = async (expression: string) => {
    const [before, outcome, after] = await Promise.all([
      pool.run('{"n": n, "polluted": polluted}', '{"n":1}'),
      pool.run(expression, body),
      pool.run('{"n": n, "polluted": $.polluted}', '{"n":2}'),
    ]);
    expect(before).toEqual({ kind: 'transformed', body: '{"n":1}' });
    expect(after).toEqual({ kind: 'transformed', body: '{"n":2}' });
    return outcome;
  };

  it.each(failing)('fails %s and spares its neighbours', async (_name, expression, message) => {
    await expect(attackBetweenNeighbours(expression)).resolves.toEqual({
      kind: 'failed',
      message: expect.stringMatching(message),
    });
  });

  it.each(harmless)('is not harmed by %s', async (_name, expression, result) => {
    await expect(attackBetweenNeighbours(expression)).resolves.toEqual({ kind: 'transformed', body: result });
  });

  const killer = shared(30, (x) => `{"n": $length($string(${x}))}`);

  it('serves others between the runs of an expression that cost a child before', async () => {
    await pool.run(killer, '{}');
    const order: string[] = [];
    await Promise.all([
      ...['first', 'second'].map((name) => pool.run(killer, '{}').then(() => order.push(name))),
      pool.run('{"n": n}', '{"n":3}').then(() => order.push('neighbour')),
    ]);
    expect(order.indexOf('neighbour')).toBeLessThan(order.indexOf('second'));
  });

  it('keeps the event loop free while a child is lost', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await pool.run(killer, '{}');
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(10);
  });
});
