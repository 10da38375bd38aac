import { describe, expect, it } from '@jest/globals';
import { isEventTypeFilter, isEventTypeName } from './event-type-name.js';

describe('isEventTypeName', () => {
  it.each(['invoice.paid', 'invoice', 'a.b.c', 'user_2.sign-up', 'x'.repeat(200)])('takes %s', (name) => {
    expect(isEventTypeName(name)).toBe(true);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a.*', '*', 'é', 'a\n', 'x'.repeat(201)])('refuses %j', (name) => {
    expect(isEventTypeName(name)).toBe(false);
  });
});

describe('isEventTypeFilter', () => {
  it.each(['invoice.paid', 'invoice.*', 'a.b.*'])('takes %s', (filter) => {
    expect(isEventTypeFilter(filter)).toBe(true);
  });

  it.each(['', '*', '.*', 'a.*.b', 'a*', 'a.*.*'])('refuses %j', (filter) => {
    expect(isEventTypeFilter(filter)).toBe(false);
  });
});
