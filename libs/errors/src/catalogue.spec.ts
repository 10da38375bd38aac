import { describe, expect, it } from '@jest/globals';
import { ERRORS } from './catalogue.js';

describe('ERRORS', () => {
  it.each(Object.entries(ERRORS))('%s is one sentence without a full stop', (_, { sentence }) => {
    expect(sentence).toMatch(/^[A-Z][^.]+[^.\s]$/);
  });
});
