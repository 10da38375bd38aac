import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import jsonata from 'jsonata';
import { TransformPool } from './transform-pool.js';

const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  name: string;
  examples: Record<string, unknown>[];
}[];
const push = examples.find(({ name }) => name === 'push')?.examples[0];
const issue = examples.find(({ name }) => name === 'issues')?.examples[0];

const order = {
  id: 'evt_1',
  customer: { name: 'Ada Lovelace', email: 'Ada@Example.COM' },
  items: [
    { sku: 'a-1', price: 10.5, quantity: 2 },
    { sku: 'b-2', price: 3, quantity: 0 },
  ],
  note: 'Call +44 20 7946 0000 or 555-1234; ref AB12, cd34 😀',
};

/** Children and channels that keep this process alive, beyond its own standard streams. */
function childrenAlive(): string[] {
  return process.getActiveResourcesInfo().filter((resource) => /Process|Pipe/.test(resource));
}

/** A handle is closed in the turn of the event loop after its child's exit. */
async function untilAlive(expected: string[]): Promise<void> {
  while (String(childrenAlive()) !== String(expected)) await new Promise(setImmediate);
}

describe('TransformPool', () => {
  let pool: TransformPool;
  let roomy: TransformPool;
  const pools: TransformPool[] = [];
  const open = (...options: ConstructorParameters<typeof TransformPool>) => {
    pools.push(new TransformPool(...options));
    return pools.at(-1) as TransformPool;
  };
  const failure = async (expression: string, body: unknown = order) => {
    const outcome = await pool.run(expression, typeof body === 'string' ? body : JSON.stringify(body));
    return outcome.kind === 'failed' ? outcome.message : `unexpectedly: ${outcome.body}`;
  };

  beforeAll(() => {
    roomy = new TransformPool();
    pool = new TransformPool({ processes: 1, maxOutputBytes: 2_000 });
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((each) => each.close()));
  });
  afterAll(() => Promise.all([pool.close(), roomy.close()]));

  it.each([
    [order, '{"id": id, "total": $sum(items.(price * quantity)), "skus": items[quantity > 0].sku}'],
    [order, 'items'],
    [order, '$ ~> |customer|{"email": $lowercase(email)}, ["name"]|'],
    [order, '{"by": items{sku: price}, "sorted": [items^(>sku).sku], "map": $map(items, function($i){$i.quantity})}'],
    [order, '{"m": $match(note, /([a-z]{2})(\\d+)?/i), "s": $split(note, /[;,] */), "c": $contains(note, /^call/i)}'],
    [
      order,
      '{"r": $replace(note, /(\\d{3})-(\\d+)/, "$2<$1>"), "f": $replace(note, /\\d+/, function($m){$m.match & "!"})}',
    ],
    [
      order,
      '{"named": $match(note, /(?<word>[A-Z]\\w+)/).groups, "none": $match(note, /zzz/), "u": $match(note, /(x)|(r)ef/)}',
    ],
    [order, '{"first": $match(note, /\\d+/, 1), "lines": $match("a1\\nb2", /^[a-z]/m), "dots": $split("a.b", /\\./)}'],
    [
      order,
      '{"u": $encodeUrl("a b&é"), "c": $encodeUrlComponent("a b&é"), "none": $encodeUrl(missing), "x": note.$encodeUrl()}',
    ],
    [push, '{"repo": repository.full_name, "branch": $substringAfter(ref, "refs/heads/"), "n": $count(commits)}'],
    [push, '$'],
    [
      issue,
      '{"text": issue.user.login & " " & action & " #" & issue.number, "labels": issue.labels.name, "keys": $keys(issue)}',
    ],
    [[1, [2, 3]], '$'],
    [[1, 2, 3], '$.{"n": $}'],
  ])('yields what jsonata with native regular expressions yields (%#)', async (input, expression) => {
    const expected: unknown = await jsonata(expression).evaluate(input);
    const outcome = await roomy.run(expression, JSON.stringify(input));
    expect(outcome).toEqual({ kind: 'transformed', body: JSON.stringify(expected) });
  });

  it.each([
    ['"text"', 'The transform yielded a string; it must yield an object or an array.'],
    ['1 + 1', 'The transform yielded a number; it must yield an object or an array.'],
    ['id = "evt_1"', 'The transform yielded a boolean; it must yield an object or an array.'],
    ['null', 'The transform yielded null; it must yield an object or an array.'],
    ['missing', 'The transform yielded nothing; it must yield an object or an array.'],
    ['$sum', 'The transform yielded a function, which JSON cannot express.'],
    ['{"f": [function($x){$x}]}', 'The transform yielded a function, which JSON cannot express.'],
    ['{"f": /a/}', 'The transform yielded a function, which JSON cannot express.'],
  ])('fails %s, which is no object or array', async (expression, message) => {
    await expect(failure(expression)).resolves.toBe(message);
  });

  it.each([
    ['{"a": }', 'The symbol "}" cannot be used as a unary operator (at position 7)'],
    ['{"a": 1 + id}', 'The right side of the "+" operator must evaluate to a number (at position 9)'],
    ['$error("No such customer")', 'No such customer (at position 7)'],
    [
      '$match(id, /a(?=b)/)',
      'The regular expression /a(?=b)/ is not supported: invalid or unsupported Perl syntax: `(?=`.',
    ],
    ['$match(id, /x*/)', 'Regular expression matches zero length string (at position 7)'],
    ['$error("a\\u0000b" & $substring("😀", 0, 1))', 'a b😀 (at position 7)'],
    ['$encodeUrl("\\ud800")', 'Malformed URL passed to $encodeUrl(): "\\ud800" (at position 11)'],
  ])('passes on what jsonata says about %s', async (expression, message) => {
    await expect(failure(expression)).resolves.toBe(message);
  });

  it('says that a body is not JSON', async () => {
    await expect(failure('$', 'a=1&b=2')).resolves.toBe('The webhook body is not JSON, so it cannot be transformed.');
  });

  it('bounds a message to 500 characters', async () => {
    await expect(failure('$error($pad("", 100000, "x"))')).resolves.toHaveLength(500);
  });

  it('bounds what a transform may yield, in bytes', async () => {
    const tooLarge = 'The result of the transform is larger than 2000 bytes.';
    await expect(pool.run('[$pad("", 1996, "x")]', '{}')).resolves.toMatchObject({ kind: 'transformed' });
    await expect(failure('[$pad("", 1997, "x")]')).resolves.toBe(tooLarge);
    await expect(failure('[$pad("", 999, "é")]')).resolves.toBe(tooLarge);
  });

  it('bounds what may be transformed, in bytes', async () => {
    const small = open({ maxInputBytes: 10 });
    await expect(small.run('$', '{"a":"é"}')).resolves.toEqual({ kind: 'transformed', body: '{"a":"é"}' });
    await expect(small.run('$', '{"a":"éé"}')).resolves.toEqual({
      kind: 'failed',
      message: 'The webhook body is larger than the 10 bytes that can be transformed.',
    });
  });

  it('gives each of many concurrent runs the outcome of its own body', async () => {
    const bodies = Array.from({ length: 500 }, (_, n) => JSON.stringify({ n }));
    const outcomes = await Promise.all(bodies.map((body) => pool.run('$merge([$, {"seen": n}])', body)));
    expect(outcomes.map((outcome) => outcome.kind === 'transformed' && outcome.body)).toEqual(
      bodies.map((_, n) => JSON.stringify({ n, seen: n })),
    );
  });

  it('answers everyone in a batch of runaways that jsonata stops by itself', async () => {
    const runaway = '($f := function($n){ $f($n + 1) }; $f(0))';
    const outcomes = await Promise.all([
      ...Array.from({ length: 8 }, () => pool.run(runaway, '{}')),
      pool.run('{"n": n}', '{"n":7}'),
    ]);
    for (const outcome of outcomes.slice(0, 8)) {
      const message = expect.stringMatching(/^Evaluation timeout after 200 milliseconds/);
      expect(outcome).toEqual({ kind: 'failed', message });
    }
    expect(outcomes[8]).toEqual({ kind: 'transformed', body: '{"n":7}' });
  });

  it('does not keep its process alive while idle, and leaves nothing behind when closed', async () => {
    const own = open();
    const before = childrenAlive();
    const running = own.run('$', '{}');
    await new Promise(setImmediate);
    expect(childrenAlive()).toContain('ProcessWrap');
    await running;
    await untilAlive(before);
    await own.close();
    await own.close();
    await untilAlive(before);
  });

  it('resolves what is pending as failed when closed, in every stage', async () => {
    const stopped = { kind: 'failed', message: 'The transform was not run because the server stopped.' };
    const own = open({ processes: 1 });
    const starting = own.run('$', '{}');
    await own.close();
    await expect(starting).resolves.toEqual(stopped);
    await expect(own.run('$', '{}')).resolves.toEqual(stopped);

    const busy = open({ processes: 1 });
    await busy.run('$', '{}');
    const running = busy.run('($f := function($n){ $f($n + 1) }; $f(0))', '{}');
    await new Promise(setImmediate);
    const waiting = busy.run('$', '{}');
    await busy.close();
    await expect(Promise.all([running, waiting])).resolves.toEqual([stopped, stopped]);
  });

  it('rejects, as our own fault, when no child can be started', async () => {
    const broken = open({ processes: 1, maxHeapMb: 1 });
    await expect(broken.run('$', '{}')).rejects.toThrow('The transform process could not be started');
  });
});
