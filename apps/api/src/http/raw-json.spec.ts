import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memberOf } from './raw-json.js';

describe('memberOf', () => {
  it.each([
    ['{"a":1,"payload":{"n":1.0, "big":12345678901234567890}}', '{"n":1.0, "big":12345678901234567890}'],
    [' { "payload" : "a \\"b\\" }" , "z": [1] } ', '"a \\"b\\" }"'],
    ['{"payload":[{"a":"]"},\n 2 ]}', '[{"a":"]"},\n 2 ]'],
    ['{"x":{"payload":1},"payload":-1e3}', '-1e3'],
    ['{"payload":1,"pay\\u006coad":null}', 'null'],
    ['{"payload":true }', 'true'],
    ['{"payload":"\\\\"}', '"\\\\"'],
    ['\ufeff{"payload":{}}', '{}'],
    ['{"x":1}', undefined],
    ['{}', undefined],
  ])('of %s is %s', (json, raw) => {
    expect(memberOf(json, 'payload')).toBe(raw);
  });

  it('is what JSON.parse reads, whatever the object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.nat(3), (others, payload, indent) => {
        const raw = memberOf(JSON.stringify({ ...others, payload, last: 1 }, null, indent), 'payload');
        expect(JSON.parse(raw ?? '')).toEqual(JSON.parse(JSON.stringify(payload)));
      }),
    );
  });
});
