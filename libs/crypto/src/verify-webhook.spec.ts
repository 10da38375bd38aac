import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { isUsableSecret, prepareVerification, type VerificationRule } from './verify-webhook.js';

const rule = (scheme: VerificationRule['scheme'], secret: string, header: string | null = null): VerificationRule => ({
  scheme,
  secret,
  header,
});

describe('hmac verification', () => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  const github = {
    secret: "It's a Secret to Everybody",
    body: Buffer.from('Hello, World!'),
    hex: '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  };
  const base64 = Buffer.from(github.hex, 'hex').toString('base64');
  const verify = prepareVerification(rule('hmac_sha256', github.secret));
  const kindOf = (value: string): string => verify({ 'x-hub-signature-256': value }, github.body).kind;

  it.each([
    ['hex', github.hex],
    ['hex behind a prefix', `sha256=${github.hex}`],
    ['hex in upper case', `SHA256=${github.hex.toUpperCase()}`],
    ['base64', base64],
    ['base64 behind a prefix', `sha256=${base64}`],
    ['base64 without padding', base64.replace('=', '')],
    ['base64 in the url alphabet', base64.replaceAll('+', '-').replaceAll('/', '_')],
    ['white space around', ` ${github.hex} `],
  ])('accepts the digest as %s', (_, value) => expect(kindOf(value)).toBe('verified'));

  it.each([
    ['of another body', createHmac('sha256', github.secret).update('Hello, World?').digest('hex')],
    ['of another secret', createHmac('sha256', 'other').update(github.body).digest('hex')],
    ['of another algorithm', createHmac('sha1', github.secret).update(github.body).digest('hex')],
    ['cut short', github.hex.slice(0, -2)],
    ['with more behind it', github.hex + '00'],
    ['twice', `${github.hex},${github.hex}`],
    ['that is empty', ''],
    ['that is only a prefix', 'sha256='],
    ['that is no digest', 'zz'.repeat(32)],
  ])('refuses a digest %s', (_, value) => expect(kindOf(value)).toBe('failed'));

  it('accepts no text but the digest', () => {
    fc.assert(fc.property(fc.string(), (text) => kindOf(text) === 'failed'));
  });

  it('names the missing header', () => {
    expect(verify({}, github.body)).toEqual({ kind: 'failed', reason: 'the header x-hub-signature-256 is missing' });
  });

  it('reads the header of the rule, in any case', () => {
    const custom = prepareVerification(rule('hmac_sha256', github.secret, 'X-Shopify-Hmac-SHA256'));
    expect(custom({ 'x-shopify-hmac-sha256': base64 }, github.body).kind).toBe('verified');
    expect(custom({ 'x-hub-signature-256': github.hex }, github.body).kind).toBe('failed');
    expect(prepareVerification(rule('hmac_sha256', 's', 'constructor'))({}, github.body).kind).toBe('failed');
  });

  it('does not take the padding of a base64 digest for the end of a prefix', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const body = Buffer.from(bytes);
        const digest = createHmac('sha256', github.secret).update(body).digest('base64');
        return verify({ 'x-hub-signature-256': digest }, body).kind === 'verified';
      }),
    );
  });

  it('verifies SHA-1 in x-hub-signature', () => {
    // RFC 2202, test case 2.
    const sha1 = prepareVerification(rule('hmac_sha1', 'Jefe'));
    const body = Buffer.from('what do ya want for nothing?');
    const headers = { 'x-hub-signature': 'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79' };
    expect(sha1(headers, body).kind).toBe('verified');
    expect(sha1(headers, Buffer.concat([body, body])).kind).toBe('failed');
  });

  it('works on bytes, not on text', () => {
    const body = Buffer.from([0xff, 0x00, 0xfe]);
    const digest = createHmac('sha256', github.secret).update(body).digest('hex');
    expect(verify({ 'x-hub-signature-256': digest }, body).kind).toBe('verified');
    expect(verify({ 'x-hub-signature-256': digest }, Buffer.from(body.toString())).kind).toBe('failed');
  });

  it('fails every webhook when the secret is empty', () => {
    const open = prepareVerification(rule('hmac_sha256', ''));
    const digest = createHmac('sha256', '').update(github.body).digest('hex');
    expect(open({ 'x-hub-signature-256': digest }, github.body).kind).toBe('failed');
  });
});

describe('Standard Webhooks verification', () => {
  /**
   * Vectors from the tests of svix-webhooks (worker.rs, core/types/mod.rs, javascript, go and python libraries) at commit
   * 4fc0cfb8, MIT licence; the valid ones were verified again with npm standardwebhooks 1.1.1 and svix 2.0.0.
   */
  const vector = {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: Buffer.from('{"test": 2432232314}'),
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const ed25519 = 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
  const wrong = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';

  const headersOf = (signature: string, family = 'webhook'): Record<string, string> => ({
    [`${family}-id`]: vector.id,
    [`${family}-timestamp`]: String(vector.timestamp),
    [`${family}-signature`]: signature,
  });
  const verify = prepareVerification(rule('standard_webhooks', vector.secret));
  const check = (headers: Record<string, string>, now = vector.timestamp): string =>
    verify(headers, vector.body, now).kind;

  it('accepts the signed webhook under webhook-* and svix-* headers', () => {
    expect(check(headersOf(vector.signature))).toBe('verified');
    expect(check(headersOf(vector.signature, 'svix'))).toBe('verified');
  });

  it('takes the secret with and without whsec_', () => {
    const bare = prepareVerification(rule('standard_webhooks', vector.secret.slice('whsec_'.length)));
    expect(bare(headersOf(vector.signature), vector.body, vector.timestamp).kind).toBe('verified');
  });

  it.each([
    ['first', `${vector.signature} ${wrong}`],
    ['in the middle', `${wrong} ${wrong.replace('v1', 'v2')} ${vector.signature} ${wrong}`],
    ['last', `${wrong} ${wrong.replace('v1', 'v2')} ${wrong} ${vector.signature}`],
    ['beside an Ed25519 signature', `${ed25519} ${vector.signature}`],
    ['in a list with commas', `${wrong},${vector.signature}`],
    ['in two headers that Node joined', `${wrong}, ${vector.signature}`],
  ])('finds the valid signature %s', (_, signatures) => expect(check(headersOf(signatures))).toBe('verified'));

  it.each([
    ['v1,dawfeoifkpqwoekfpqoekf'],
    [vector.signature.slice(0, 8)],
    ['v1,'],
    [''],
    [wrong],
    [ed25519],
    [vector.signature.replace('v1', 'v2')],
    [vector.signature.replace('v1', 'v1a')],
    [vector.signature.slice('v1,'.length)],
    [`x${vector.signature}`],
    [`${vector.signature}x`],
  ])('refuses the signature %j', (signature) => expect(check(headersOf(signature))).toBe('failed'));

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('refuses a webhook without %s', (name) => {
    const headers = headersOf(vector.signature);
    delete headers[name];
    expect(check(headers)).toBe('failed');
  });

  it('refuses another id, another body and a timestamp that is no number', () => {
    const headers = headersOf(vector.signature);
    expect(check({ ...headers, 'webhook-id': 'msg_other' })).toBe('failed');
    expect(check({ ...headers, 'webhook-timestamp': 'hello' })).toBe('failed');
    expect(verify(headers, Buffer.from('{"test": 2432232315}'), vector.timestamp).kind).toBe('failed');
  });

  it('signs the bytes of the id, which Node decodes as Latin-1', () => {
    const key = Buffer.from(vector.secret.slice('whsec_'.length), 'base64');
    const signed = createHmac('sha256', key).update(`msg_ž.${vector.timestamp}.`).update(vector.body).digest('base64');
    const id = Buffer.from('msg_ž').toString('latin1');
    expect(check({ ...headersOf(`v1,${signed}`), 'webhook-id': id })).toBe('verified');
  });

  it('tolerates 300 s either way and not a second more', () => {
    const headers = headersOf(vector.signature);
    expect([-301, -300, 0, 300, 301].map((offset) => check(headers, vector.timestamp + offset))).toEqual([
      'failed',
      'verified',
      'verified',
      'verified',
      'failed',
    ]);
    expect(verify(headers, vector.body)).toEqual({
      kind: 'failed',
      reason: 'the webhook was signed more than 300 s ago',
    });
  });

  it.each([
    '',
    'whsec_',
    'w',
    'whsec_%',
    'whsec_wronglength',
    'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
    'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kv',
    'hwsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  ])('fails every webhook under the unusable secret %j', (secret) => {
    expect(isUsableSecret('standard_webhooks', secret)).toBe(false);
    const unusable = prepareVerification(rule('standard_webhooks', secret));
    expect(unusable(headersOf(vector.signature), vector.body, vector.timestamp).kind).toBe('failed');
  });

  it.each([
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
    'whsec_TUdfVE5UMnZlci1TeWxOYXQtX1ZlTW1kLTRtMFdhYmEwanIxdHJvenRCbmlTQ2hFdzBnbHhFbWdFaTJLdzQwSA==',
  ])('can use the secret %s', (secret) => expect(isUsableSecret('standard_webhooks', secret)).toBe(true));

  it('never throws, whatever the headers', () => {
    const text = fc.option(fc.string(), { nil: undefined });
    const headers = fc.record({ 'webhook-id': text, 'webhook-timestamp': text, 'webhook-signature': text });
    fc.assert(fc.property(headers, (given) => verify(given, vector.body, vector.timestamp).kind === 'failed'));
  });
});
