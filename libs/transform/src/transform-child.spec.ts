import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { TransformChild, type TransformChildOptions } from './transform-child.js';

const limits = { evaluationTimeoutMs: 200, maxOutputBytes: 1_000 };
const directory = mkdtempSync(join(tmpdir(), 'transform-child-'));
const children: TransformChild[] = [];

/** A child that runs the given program instead of ours. */
function childRunning(program: string, options: Partial<TransformChildOptions> = {}): TransformChild {
  const file = join(directory, `${children.length}-${Date.now()}.mjs`);
  writeFileSync(file, program);
  const entry = pathToFileURL(file);
  children.push(new TransformChild({ ...limits, batchTimeoutMs: 5_000, maxHeapMb: 64, entry, ...options }));
  return children.at(-1) as TransformChild;
}

/** Answers a batch with the value of an expression. */
const answering = (expression: string) => `
  process.on('message', async () => process.send([{ kind: 'transformed', body: String(${expression}) }]));
  process.send('ready');`;

const valueOf = async (expression: string) => {
  const outcomes = await childRunning(answering(expression)).evaluate([['$', '{}']]);
  return outcomes?.[0]?.kind === 'transformed' ? outcomes[0].body : outcomes;
};

describe('TransformChild', () => {
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.close()));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('hands none of the environment on', async () => {
    process.env.TRANSFORM_SPEC_SECRET = 'hunter2';
    const names = await valueOf('Object.keys(process.env)');
    expect(names).not.toContain('SECRET');
    expect(names).not.toContain('PATH');
  });

  it.each([
    ['read files', `import('node:fs').then((fs) => fs.readFileSync('/etc/hostname')).catch((error) => error.code)`],
    ['write files', `import('node:fs').then((fs) => fs.writeFileSync('x', '')).catch((error) => error.code)`],
    ['start processes', `import('node:child_process').then((cp) => cp.execSync('true')).catch((error) => error.code)`],
    [
      'start threads',
      `import('node:worker_threads').then((w) => new w.Worker('0', {eval: true})).catch((e) => e.code)`,
    ],
  ])('cannot %s', async (_what, attempt) => {
    await expect(valueOf(`await ${attempt}`)).resolves.toBe('ERR_ACCESS_DENIED');
  });

  it('has neither code from strings nor a way to prototypes through data', async () => {
    await expect(valueOf(`(() => { try { return eval('1') } catch (e) { return e.name } })()`)).resolves.toBe(
      'EvalError',
    );
    await expect(valueOf('({}).__proto__')).resolves.toBe('undefined');
  });

  it('gives up on a program that does not start, and says why', async () => {
    const child = childRunning(`throw new Error('no luck today')`);
    await expect(child.evaluate([['$', '{}']])).rejects.toThrow(/could not be started: [^]*no luck today/);
  });

  it('stops waiting for a program that does not start when it is closed', async () => {
    const child = childRunning('process.exit(3)');
    const evaluation = child.evaluate([['$', '{}']]).catch(() => 'rejected');
    await child.close();
    await expect(evaluation).resolves.toBe('rejected');
  });

  it.each([
    ['does not answer', `process.on('message', () => undefined); process.send('ready');`],
    ['ends', `process.on('message', () => process.exit()); process.send('ready');`],
    [
      'hangs up',
      `process.on('message', () => process.disconnect()); setInterval(() => 0, 1e6); process.send('ready');`,
    ],
    ['answers nonsense', `process.on('message', () => process.send('pwned')); process.send('ready');`],
    ['answers too much', `process.on('message', () => process.send([1, 2])); process.send('ready');`],
  ])('counts a child that %s as lost', async (_what, program) => {
    await expect(childRunning(program, { batchTimeoutMs: 500 }).evaluate([['$', '{}']])).resolves.toBeUndefined();
  });

  it('replaces a child that was lost while idle', async () => {
    const child = childRunning(`
      process.on('message', () => process.send([process.pid], () => process.exit()));
      process.send('ready');`);
    const [first] = (await child.evaluate([['$', '{}']])) ?? [];
    let second: unknown;
    // The child may be found dead before or while the next batch is sent.
    while (second === undefined) [second] = (await child.evaluate([['$', '{}']])) ?? [];
    expect(second).not.toBe(first);
  });
});

describe('transform-process', () => {
  const start = async (): Promise<ChildProcess> => {
    const child = fork(new URL('./transform-process.ts', import.meta.url), [JSON.stringify(limits)], { execArgv: [] });
    await once(child, 'message');
    return child;
  };

  it('leaves it to its parent when to end', async () => {
    const child = await start();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal);
    child.send([['$', '{"still":"here"}']]);
    const [outcomes] = (await once(child, 'message')) as unknown[];
    expect(outcomes).toEqual([{ kind: 'transformed', body: '{"still":"here"}' }]);
    child.disconnect();
    await expect(once(child, 'exit')).resolves.toEqual([0, null]);
  });

  it('answers a slow batch in part', async () => {
    const child = await start();
    const runaway = '($f := function($n){ $f($n + 1) }; $f(0))';
    child.send([
      ['$', '{"n":1}'],
      [runaway, '{}'],
      ['$', '{"n":2}'],
    ]);
    const [outcomes] = (await once(child, 'message')) as unknown[];
    expect(outcomes).toMatchObject([{ kind: 'transformed' }, { kind: 'failed' }]);
    child.disconnect();
    await once(child, 'exit');
  });
});
