import { describe, expect, it } from '@jest/globals';
import { toWire, Wire } from './view-serializer.js';

class View {
  @Wire(Number)
  enabled = true;

  @Wire((value) => JSON.stringify(value))
  rules: unknown = { b: 1, a: [true] };

  made_at = new Date(0);
  description: string | null = null;
}
class LongerView extends View {
  inner = [new View()];
}

describe('toWire', () => {
  const written = { enabled: 1, rules: '{"b":1,"a":[true]}', made_at: new Date(0), description: null };

  it('writes what a view and its parents decorate, at any depth, and leaves the rest', () => {
    expect(toWire(new View())).toEqual(written);
    expect(toWire({ views: [new LongerView()], cursor: null })).toEqual({
      views: [{ ...written, inner: [written] }],
      cursor: null,
    });
  });

  it.each([null, undefined, 1, 'text', true, []])('leaves %j', (value) => {
    expect(toWire(value)).toEqual(value);
  });

  it('keeps every name', () => {
    const json = '{"constructor":"a","__proto__":"b","toString":"c","hasOwnProperty":"d","then":"e","toJSON":"f"}';
    expect(JSON.stringify(toWire({ headers: JSON.parse(json) as object }))).toBe(`{"headers":${json}}`);
  });
});
