import { describe, expect, it } from '@jest/globals';
import { hardStop, PLANS, plansWith } from './plans.js';

describe('plansWith', () => {
  it('changes what is named and nothing else', () => {
    const plans = plansWith(['free.sources=20', 'self_hosted.requests=600', 'pro.events=unlimited', 'free.sources=30']);
    expect(plans).toEqual({
      ...PLANS,
      free: { ...PLANS.free, sources: 30 },
      self_hosted: { ...PLANS.self_hosted, requests: 600 },
      pro: { ...PLANS.pro, events: null },
    });
    expect(PLANS.free.sources).toBe(10);
  });
});

describe('hardStop', () => {
  it.each([
    ['free', 100, 100],
    ['pro', 100, 120],
    ['enterprise', 7, 8],
    ['self_hosted', 100, 120],
    ['pro', null, null],
  ] as const)('of %s with a quota of %s is %s', (plan, events, stop) => {
    expect(hardStop(plan, { ...PLANS[plan], events })).toBe(stop);
  });
});
