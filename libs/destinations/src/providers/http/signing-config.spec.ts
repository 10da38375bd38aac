import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { deliverySigner, maskSigningConfig, readSigningConfig } from './signing-config.js';

const secret = 'a-long-random-secret';
const body = Buffer.from([0xff, 0x00, 0x61]);
const sentAt = new Date(1_700_000_000_999);
const hmac = (algorithm: string, ...parts: (string | Buffer)[]) =>
  parts.reduce((signing, part) => signing.update(part), createHmac(algorithm, secret)).digest('hex');
const headersOf = (config: object) => deliverySigner(readSigningConfig({ secret, ...config }, null))(body, sentAt);

describe('deliverySigner', () => {
  it('signs the exact body', () => {
    expect(headersOf({})).toEqual({ 'x-hookstream-signature': `sha256=${hmac('sha256', body)}` });
    expect(headersOf({ algorithm: 'sha1' })).toEqual({ 'x-hookstream-signature': `sha1=${hmac('sha1', body)}` });
  });

  it('takes another header, and no prefix', () => {
    expect(headersOf({ header: 'X-Sign', prefix: '' })).toEqual({ 'x-sign': hmac('sha256', body) });
  });

  it('signs and sends the time', () => {
    const signature = `sha256=${hmac('sha256', '1700000000.', body)}`;
    expect(headersOf({ include_timestamp: 1 })).toEqual({
      'x-hookstream-signature': signature,
      'x-hookstream-timestamp': '1700000000',
    });
    expect(headersOf({ include_timestamp: true, timestamp_header: 'X-Time' })).toMatchObject({
      'x-time': '1700000000',
    });
  });
});

describe('readSigningConfig', () => {
  const known = readSigningConfig({ secret }, null);

  it('keeps the secret whose mask comes back', () => {
    const masked = maskSigningConfig(known);
    expect(masked.secret).toBe('****cret');
    expect(readSigningConfig({ ...masked }, known)).toEqual(known);
  });

  it.each([
    ['secret', {}],
    ['secret', { secret: 5 }],
    ['secret', { secret: '****1234' }],
    ['bogus', { secret, bogus: 1 }],
    ['algorithm', { secret, algorithm: 'md5' }],
    ['header', { secret, header: 'a b' }],
    ['header', { secret, header: 'Host' }],
    ['prefix', { secret, prefix: 'a\n' }],
    ['include_timestamp', { secret, include_timestamp: 'yes' }],
    ['timestamp_header', { secret, timestamp_header: 'x-hookstream-signature' }],
  ])('names %s of %j', (field, config) => {
    expect(() => readSigningConfig(config, known)).toThrow(`'signing_config.${field}'`);
  });
});
