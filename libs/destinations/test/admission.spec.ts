import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import {
  Admission,
  admissionKeys,
  admissionPolicy,
  type AdmissionPolicy,
  ADMISSION_SCRIPTS,
  CLOSED,
  sharedRateKey,
  type SlotOutcome,
} from '#libs/destinations';
import { testRedisUrl } from '#libs/testing';
import { AdmissionModel } from './admission-model.js';

const DESTINATION = 'd1';
const KEYS = admissionKeys(DESTINATION);
const policy = (changes: Partial<AdmissionPolicy> = {}): AdmissionPolicy => ({
  limit: 2,
  fifo: false,
  intervalMicros: 0,
  burst: 1,
  threshold: 3,
  resetMs: 60_000,
  shared: null,
  ...changes,
});

describe('Admission', () => {
  let redis: Redis;
  let admission: Admission;
  beforeAll(async () => {
    redis = new Redis(await testRedisUrl());
    admission = new Admission(redis);
  });
  afterEach(() => redis.flushdb());
  afterAll(() => redis.disconnect());

  const group = (ids: string[], changes?: Partial<AdmissionPolicy>) => ({
    destinationId: DESTINATION,
    policy: policy(changes),
    ids,
  });

  /** What Redis holds, in the terms of the model. */
  async function state() {
    const [members, hash, circuit, open, probe] = await Promise.all([
      redis.zrange(KEYS.window, '0', '-1', 'WITHSCORES'),
      redis.hgetall(KEYS.state),
      redis.hgetall(KEYS.circuit),
      redis.exists(KEYS.open),
      redis.get(KEYS.probe),
    ]);
    const window: Record<string, object> = {};
    for (let at = 0; at < members.length; at += 2) {
      const score = Number(members[at + 1]);
      window[members[at] as string] = { started: score % 2 === 1, expired: score < 1_000_000 };
    }
    return {
      window,
      backlog: 'b' in hash,
      refilling: Number(hash.l ?? 0) > 1,
      wokenMeanwhile: 'a' in hash,
      isOpen: circuit.state === 'open',
      failures: Number(circuit.failures ?? 0),
      isShut: open === 1,
      probe,
    };
  }
  const modelled = ({ window, ...rest }: AdmissionModel) => ({ ...rest, window: Object.fromEntries(window) });

  const ids = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 });
  const limit = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(1, 2, 3, 5) },
    { weight: 1, arbitrary: fc.constant(0) },
  );
  const outcome = fc.constantFrom<SlotOutcome>('ok', 'failed', 'failed', 'none');
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('reserve' as const), limit, ids }),
    fc.record({ kind: fc.constant('wake' as const), limit }),
    fc.record({
      kind: fc.constant('refilled' as const),
      limit,
      ids: fc.oneof(ids, fc.constant<string[]>([])),
      blocked: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('start' as const), limit, ids, claim: fc.boolean() }),
    fc.record({
      kind: fc.constant('finish' as const),
      limit,
      ids,
      outcomes: fc.array(outcome, { minLength: 6, maxLength: 6 }),
    }),
    fc.record({ kind: fc.constant('beat' as const), ids }),
    fc.record({ kind: fc.constant('audit' as const), ids }),
    fc.record({ kind: fc.constant('lease ends' as const), ids }),
    fc.constantFrom(
      { kind: 'reset time ends' as const },
      { kind: 'probe ends' as const },
      { kind: 'refill ends' as const },
    ),
  );
  type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

  /** Runs one operation on both. @returns their answers */
  async function apply(op: Operation, threshold: number, model: AdmissionModel): Promise<[unknown, unknown]> {
    switch (op.kind) {
      case 'reserve': {
        const of = group(op.ids, { limit: op.limit, threshold });
        return [(await admission.reserve([of]))[0], model.reserve(of.policy, op.ids)];
      }
      case 'wake': {
        const of = group([], { limit: op.limit, threshold });
        const room = (await admission.wake([of]))[0]?.room ?? 0;
        return [room < 0 ? 'shut' : room, model.wake(of.policy)];
      }
      case 'refilled': {
        const exhausted = op.ids.length === 0 && !op.blocked;
        const of = { ...group(op.ids, { limit: op.limit, threshold }), exhausted, blocked: op.blocked };
        return [
          (await admission.refilled([of]))[0],
          { ...model.refilled(of.policy, op.ids, exhausted, op.blocked), laterMs: 0 },
        ];
      }
      case 'start': {
        const of = group(op.ids, { limit: op.limit, threshold });
        const verdicts = (await admission.start([of], op.claim))[0]?.map(({ kind }) => kind);
        return [verdicts, model.start(of.policy, op.ids, op.claim)];
      }
      case 'finish': {
        const outcomes = op.outcomes.slice(0, op.ids.length);
        const of = { ...group(op.ids, { limit: op.limit, threshold }), outcomes };
        return [(await admission.finish([of]))[0], { ...model.finish(of.policy, op.ids, outcomes), laterMs: 0 }];
      }
      case 'beat':
        await admission.beat([group(op.ids)]);
        return [undefined, model.beat(op.ids)];
      case 'audit':
        return [(await admission.audit([group(op.ids)]))[0], model.audit(op.ids)];
      case 'lease ends':
        for (const id of op.ids) {
          const member = model.window.get(id);
          if (!member) continue;
          member.expired = true;
          await redis.zadd(KEYS.window, 'XX', member.started ? 2001 : 2000, id);
        }
        return [undefined, undefined];
      case 'reset time ends':
        model.isShut = false;
        return [await redis.del(KEYS.open), expect.anything()];
      case 'probe ends':
        model.probe = null;
        return [await redis.del(KEYS.probe), expect.anything()];
      case 'refill ends':
        if (model.refilling) await redis.hset(KEYS.state, 'l', 1);
        model.refilling = false;
        return [undefined, undefined];
    }
  }

  it('does what the model does, whatever is asked of it in whatever order', async () => {
    const sequences = fc.array(operation, { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(
      fc.asyncProperty(sequences, fc.constantFrom(0, 1, 3), async (operations, threshold) => {
        await redis.flushdb();
        const model = new AdmissionModel();
        for (const op of operations) {
          const [answer, expected] = await apply(op, threshold, model);
          expect(answer).toEqual(expected);
          expect(await state()).toEqual(modelled(model));
        }
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  it('lets one probe through, whoever asks, and admits again once it has succeeded', async () => {
    await admission.start([group(['a', 'b', 'c'], { limit: 3 })], true);
    const failed = {
      ...group(['a', 'b', 'c'], { limit: 3 }),
      outcomes: ['failed', 'failed', 'failed'] as SlotOutcome[],
    };
    expect(await admission.finish([failed])).toEqual([{ room: 0, laterMs: 0, transition: 'opened' }]);
    expect(await admission.start([group(['d'])], true)).toEqual([[{ kind: 'hold' }]]);
    expect(await redis.pttl(KEYS.open)).toBeGreaterThan(50_000);
    await redis.del(KEYS.open);
    const verdicts = await Promise.all(['d', 'e', 'f'].map((id) => admission.start([group([id])], true)));
    expect(verdicts.flat(2).filter(({ kind }) => kind === 'go')).toHaveLength(1);
    const probe = (await redis.get(KEYS.probe)) as string;
    expect(await admission.finish([{ ...group([probe]), outcomes: ['ok'] }])).toEqual([
      { room: 0, laterMs: 0, transition: 'closed' },
    ]);
    expect(await state()).toMatchObject({ isOpen: false, failures: 0, probe: null });
  });

  it('tells starts of a limited rate when to go', async () => {
    const limited = (ids: string[]) => group(ids, { limit: 10, intervalMicros: 100_000, burst: 2 });
    const waits = async (ids: string[]) =>
      (await admission.start([limited(ids)], true))[0]?.map((verdict) => verdict.kind === 'go' && verdict.waitMs);
    const first = (await waits(['a', 'b', 'c', 'd'])) as number[];
    expect(first.slice(0, 2)).toEqual([0, 0]);
    expect(first[2]).toBeGreaterThan(80);
    expect(Number(first[3]) - Number(first[2])).toBe(100);
    const [next] = (await waits(['e'])) as number[];
    expect(Number(next)).toBeGreaterThan(Number(first[3]));
    // No credit for a time in which nothing was sent.
    await redis.hset(KEYS.state, 'tat', 1);
    expect(((await waits(['f', 'g', 'h'])) as number[]).filter((ms) => ms === 0)).toHaveLength(2);
  });

  it('decides for many destinations in one call as it would for each', async () => {
    const groups = Array.from({ length: 250 }, (_, n) => ({
      destinationId: `d${n}`,
      policy: policy(),
      ids: ['a', 'b', 'c'],
    }));
    expect(await admission.reserve(groups)).toEqual(groups.map(() => 2));
    expect((await admission.start(groups, false)).map((verdicts) => verdicts.map(({ kind }) => kind))).toEqual(
      groups.map(() => ['go', 'go', 'hold']),
    );
  });

  it('admits nothing to a destination that does not exist', async () => {
    const gone = { destinationId: DESTINATION, policy: CLOSED, ids: ['a'] };
    expect(await admission.reserve([gone])).toEqual([0]);
    expect(await admission.start([gone], true)).toEqual([[{ kind: 'hold' }]]);
  });

  it('uses only the keys of one destination for each decision, all in one slot, and that of a shared rate', async () => {
    const slots = await Promise.all(
      Object.values(KEYS).map((key) => redis.call('CLUSTER', 'KEYSLOT', key).catch(() => /\{(.*?)\}/.exec(key)?.[1])),
    );
    expect(new Set(slots).size).toBe(1);
    for (const script of Object.values(ADMISSION_SCRIPTS)) {
      const calls = [...script.matchAll(/redis\.call\('([A-Z]+)', ([^)]*)/g)].filter(
        ([, command]) => command !== 'TIME',
      );
      expect(calls.length).toBeGreaterThan(0);
      for (const [, , args] of calls) expect(args).toMatch(/^KEYS\[[1-6]\]/);
    }
  });

  it('is configured by the destination', () => {
    const settings = {
      isActive: true,
      maxConcurrency: 100,
      rateLimitPerSecond: null,
      ordering: 'none' as const,
      circuitBreakerEnabled: true,
      circuitBreakerThreshold: 5,
      circuitBreakerResetMs: 1000,
    };
    expect(admissionPolicy(settings)).toEqual({
      limit: 100,
      fifo: false,
      intervalMicros: 0,
      burst: 1,
      threshold: 5,
      resetMs: 1000,
      shared: null,
    });
    expect(admissionPolicy({ ...settings, isActive: false })).toMatchObject({ limit: 0 });
    expect(admissionPolicy({ ...settings, ordering: 'fifo' })).toMatchObject({ limit: 1, fifo: true });
    expect(admissionPolicy({ ...settings, circuitBreakerEnabled: false })).toMatchObject({ threshold: 0 });
    expect(admissionPolicy({ ...settings, rateLimitPerSecond: 20 })).toMatchObject({
      limit: 40,
      intervalMicros: 50_000,
      burst: 2,
    });
    expect(admissionPolicy({ ...settings, sharedRate: { id: 'a', perSecond: 50 } })).toMatchObject({
      limit: 100,
      intervalMicros: 0,
      shared: { id: 'a', intervalMicros: 20_000, burst: 5 },
    });
  });

  describe('with a rate that several destinations share', () => {
    const HOUR_MS = 3_600_000;
    const rate = { id: 'a', intervalMicros: HOUR_MS * 1000, burst: 2 };
    const of = (destinationId: string, ids: string[] = [], shared = rate) => ({
      destinationId,
      policy: policy({ limit: 10, shared }),
      ids,
    });
    const wake = async (destinationId: string, shared = rate) =>
      (await admission.wake([of(destinationId, [], shared)]))[0];
    const hours = (ms = 0) => Math.round(ms / HOUR_MS);
    /** Lets all time pass that anything waits for, other than the turn of the destinations named. */
    const pass = async (...isTurnOf: string[]) => {
      await redis.hset(sharedRateKey(rate), 'tat', 1);
      for (const id of isTurnOf) await redis.hset(admissionKeys(id).state, 'due', 1);
    };

    it('admits what it leaves, whichever asks, and gives turns to the others', async () => {
      expect(await admission.reserve([of('d1', ['a']), of('d2', ['b', 'c', 'd']), of('d3', ['e'])])).toEqual([1, 1, 0]);
      const turns = [await wake('d2'), await wake('d3'), await wake('d4')];
      expect(turns.map((turn) => turn?.room)).toEqual([0, 0, 0]);
      expect(turns.map((turn) => hours(turn?.laterMs))).toEqual([1, 2, 3]);
      // Only one is told to come again.
      expect(await wake('d3')).toEqual({ room: 0, laterMs: 0 });
    });

    it('lets nobody in before those that are in line', async () => {
      await admission.reserve([of('d1', ['a', 'b'])]);
      await wake('d2');
      await pass();
      expect(await admission.reserve([of('d1', ['c'])])).toEqual([0]);
      expect(await admission.start([of('d1', ['c'])], true)).toEqual([[{ kind: 'hold' }]]);
      expect(hours((await wake('d1'))?.laterMs)).toBe(2);
      await pass('d2');
      expect(await wake('d2')).toEqual({ room: 2, laterMs: 0 });
    });

    it('goes on in the next turn when more wait than it leaves', async () => {
      await admission.reserve([of('d1', ['a'])]);
      expect(await wake('d1')).toEqual({ room: 1, laterMs: 0 });
      const [refilled] = await admission.refilled([{ ...of('d1', ['b', 'c']), exhausted: false, blocked: false }]);
      expect(refilled).toMatchObject({ accepted: 1, room: 0 });
      expect(hours(refilled?.laterMs)).toBe(1);
      const [finished] = await admission.finish([{ ...of('d1', ['a']), outcomes: ['ok'] }]);
      expect(finished).toEqual({ transition: null, room: 0, laterMs: 0 });
      await pass('d1');
      expect(await wake('d1')).toEqual({ room: 2, laterMs: 0 });
    });

    it('counts retries, which get a place when they start', async () => {
      expect(await admission.start([of('d1', ['a', 'b', 'c'])], true)).toMatchObject([
        [{ kind: 'go' }, { kind: 'go' }, { kind: 'hold' }],
      ]);
    });

    it('does not count twice what was admitted before it starts', async () => {
      await admission.reserve([of('d1', ['a'])]);
      await admission.start([of('d1', ['a'])], false);
      expect(await admission.reserve([of('d2', ['b', 'c'])])).toEqual([1]);
    });

    it('forgets the turns of a rate that was changed', async () => {
      await admission.reserve([of('d1', ['a', 'b'])]);
      await wake('d2');
      const faster = { ...rate, intervalMicros: 1, burst: 100 };
      expect(await wake('d2', faster)).toEqual({ room: 10, laterMs: 0 });
    });
  });
});
