import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { STANDARD_WEBHOOKS_VECTORS as VECTORS } from '../test/standard-webhooks-vectors.js';
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
  const { hmac: vector, ed25519 } = VECTORS.sign;
  const body = Buffer.from(vector.body);
  const wrong = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';

  const headersOf = (signature: string, family = 'webhook'): Record<string, string> => ({
    [`${family}-id`]: vector.id,
    [`${family}-timestamp`]: String(vector.timestamp),
    [`${family}-signature`]: signature,
  });
  const verify = prepareVerification(rule('standard_webhooks', vector.secret));
  const check = (headers: Record<string, string>, now: number = vector.timestamp): string =>
    verify(headers, body, now).kind;

  it('accepts the signed webhook under webhook-* and svix-* headers', () => {
    expect(check(headersOf(vector.signature))).toBe('verified');
    expect(check(headersOf(vector.signature, 'svix'))).toBe('verified');
  });

  it('takes the secret with and without whsec_', () => {
    const bare = prepareVerification(rule('standard_webhooks', vector.secret.slice('whsec_'.length)));
    expect(bare(headersOf(vector.signature), body, vector.timestamp).kind).toBe('verified');
  });

  it.each([
    ['in the vector', VECTORS.multiSigHeader.replace('<VALID>', vector.signature)],
    ['last in the vector', VECTORS.multiSigHeader.replace('<VALID> ', '') + ` ${vector.signature}`],
    ['first', `${vector.signature} ${wrong}`],
    ['in the middle', `${wrong} ${wrong.replace('v1', 'v2')} ${vector.signature} ${wrong}`],
    ['last', `${wrong} ${wrong.replace('v1', 'v2')} ${wrong} ${vector.signature}`],
    ['beside an Ed25519 signature', `${ed25519.signature} ${vector.signature}`],
    ['in a list with commas', `${wrong},${vector.signature}`],
    ['in two headers that Node joined', `${wrong}, ${vector.signature}`],
  ])('finds the valid signature %s', (_, signatures) => expect(check(headersOf(signatures))).toBe('verified'));

  it.each([
    ['v1,dawfeoifkpqwoekfpqoekf'],
    [vector.signature.slice(0, 8)],
    ['v1,'],
    [''],
    [wrong],
    [ed25519.signature],
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
    const signed = createHmac('sha256', key).update(`msg_ž.${vector.timestamp}.`).update(body).digest('base64');
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
    expect(verify(headers, body)).toEqual({
      kind: 'failed',
      reason: 'the webhook was signed more than 300 s ago',
    });
  });

  // `whpk_` verifies, but does not sign; and longer secrets than those to sign with may verify.
  const notUsable = VECTORS.secretInvalid.filter((secret) => !secret.startsWith('whpk_') && secret.length < 100);
  it.each(['', 'whsec_', 'whpk_', 'whpk_1SiA', ed25519.secret, ...notUsable])(
    'fails every webhook under the unusable secret %j',
    (secret) => {
      expect(isUsableSecret('standard_webhooks', secret)).toBe(false);
      const unusable = prepareVerification(rule('standard_webhooks', secret));
      expect(unusable(headersOf(vector.signature), body, vector.timestamp).kind).toBe('failed');
    },
  );

  it.each([...VECTORS.secretValid, ed25519.public])('can use the secret %s', (secret) =>
    expect(isUsableSecret('standard_webhooks', secret)).toBe(true),
  );

  describe('with a public key', () => {
    const byPublicKey = prepareVerification(rule('standard_webhooks', ed25519.public));
    const kindOf = (signatures: string, text: string = ed25519.body, family?: string) =>
      byPublicKey(headersOf(signatures, family), Buffer.from(text), ed25519.timestamp).kind;

    it.each([
      ['alone', ed25519.signature],
      ['beside one of a secret', `${vector.signature} ${ed25519.signature}`],
      ['in the vector', VECTORS.multiSigHeader.replace('<VALID>', ed25519.signature)],
      ['in a list with commas', `${vector.signature},${ed25519.signature}`],
    ])('accepts the signature %s', (_, signatures) => {
      expect(kindOf(signatures)).toBe('verified');
      expect(kindOf(signatures, ed25519.body, 'svix')).toBe('verified');
    });

    it.each([
      vector.signature,
      ed25519.signature.replace('v1a', 'v1'),
      ed25519.signature.slice(0, -4),
      `v1a,${'A'.repeat(86)}==`,
      'v1a,',
    ])('refuses the signature %j', (signature) => expect(kindOf(signature)).toBe('failed'));

    it('refuses another body, and an old webhook', () => {
      expect(kindOf(ed25519.signature, '{}')).toBe('failed');
      const late = byPublicKey(headersOf(ed25519.signature), body, ed25519.timestamp + 301);
      expect(late).toEqual({ kind: 'failed', reason: 'the webhook was signed more than 300 s ago' });
    });

    it('refuses every webhook under a key that is no point of the curve', () => {
      const no = prepareVerification(rule('standard_webhooks', `whpk_${Buffer.alloc(32, 255).toString('base64')}`));
      expect(no(headersOf(ed25519.signature), body, ed25519.timestamp).kind).toBe('failed');
    });
  });

  it('never throws, whatever the headers', () => {
    const text = fc.option(fc.string(), { nil: undefined });
    const headers = fc.record({ 'webhook-id': text, 'webhook-timestamp': text, 'webhook-signature': text });
    fc.assert(fc.property(headers, (given) => verify(given, body, vector.timestamp).kind === 'failed'));
  });
});
