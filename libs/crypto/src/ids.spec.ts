import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivedId, idGenerator, newId, parseId } from './ids.js';

const timeOf = (id: string): number => parseInt(id.slice(0, 12), 16);

describe('newId', () => {
  it('is a UUIDv7 of now in 32 lower-case hex digits', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(timeOf(id)).toBeGreaterThanOrEqual(before);
    expect(timeOf(id)).toBeLessThanOrEqual(Date.now() + 100);
  });

  it('strictly increases while the clock stands still, runs or steps back a little', () => {
    const clock = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(clock, (steps) => {
        let now = 0;
        const generate = idGenerator(() => 1_800_000_000_000 + now);
        const ids = steps.map((step) => {
          now = step;
          return generate();
        });
        return ids.every((id, i) => i === 0 || id > ids[i - 1]!);
      }),
    );
    const frozen = idGenerator(() => 1_800_000_000_000);
    const ids = Array.from({ length: 20_000 }, frozen);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(timeOf(ids.at(-1)!) - timeOf(ids[0]!)).toBeLessThanOrEqual(6);
  });

  it('follows a clock that is set back far', () => {
    let now = 1_800_000_000_000;
    const generate = idGenerator(() => now);
    generate();
    now -= 86_400_000;
    expect(timeOf(generate())).toBe(now);
  });

  it('draws every bit behind the time and the counter at random', () => {
    const tails = Array.from({ length: 2_000 }, () => newId().slice(16));
    expect(new Set(tails).size).toBe(tails.length);
    for (let digit = 1; digit < 16; digit++) expect(new Set(tails.map((tail) => tail[digit])).size).toBe(16);
    expect([...new Set(tails.map((tail) => tail[0]))].sort()).toEqual(['8', '9', 'a', 'b']);
  });
});

describe('derivedId', () => {
  const event = '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b';

  it('is the same each time: a UUIDv8 with the time of the event', () => {
    const id = derivedId(event, 'connection-1');
    // Stored ids depend on it: this value must not change between versions.
    expect(id).toBe('0190a1b2c3d48c5b8d04ef754330df94');
    expect(id).toMatch(/^0190a1b2c3d48[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  it('differs by name and by event', () => {
    const names = Array.from({ length: 1_000 }, (_, i) => derivedId(event, `connection-${i}`));
    const events = Array.from({ length: 1_000 }, () => derivedId(newId(), 'connection-0'));
    expect(new Set([...names, ...events]).size).toBe(2_000);
  });

  it('refuses an event id that is not canonical', () => {
    expect(() => derivedId('evt_' + event, 'a')).toThrow(TypeError);
    expect(() => derivedId(event.toUpperCase(), 'a')).toThrow(TypeError);
  });
});

describe('parseId', () => {
  const id = '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b';
  const dashed = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

  it.each([
    id,
    id.toUpperCase(),
    dashed,
    dashed.toUpperCase(),
    `dst_${id}`,
    `src_${dashed}`,
    `conn_${id}`,
    `evt_${id}`,
  ])('reads %s', (input) => expect(parseId(input)).toBe(id));

  it.each([
    '',
    'default',
    id.slice(1),
    `${id}0`,
    ` ${id}`,
    `${id}\n`,
    `DST_${id}`,
    `_${id}`,
    `toolong_${id}`,
    `dst${id}`,
    `dst_src_${id}`,
    `${dashed.slice(0, 8)}${dashed.slice(9)}`,
    `${id.slice(0, 31)}g`,
    `{${dashed}}`,
  ])('does not read %j', (input) => expect(parseId(input)).toBeUndefined());

  it('gives a new id back as it is', () => {
    const fresh = newId();
    expect(parseId(fresh)).toBe(fresh);
  });
});
