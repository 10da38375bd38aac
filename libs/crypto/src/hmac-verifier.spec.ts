import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type SignatureFormat, signatureFormatProblem } from './signature-format.js';
import { prepareVerification } from './verify-webhook.js';

const SECRET = 'whsec_of_the_sender';
const body = Buffer.from('{"id":"evt_1"}');
const NOW = 1_700_000_000;
const sign = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('hex');

function verifier(header: string, format: SignatureFormat, secret = SECRET) {
  expect(signatureFormatProblem({ ...format })).toBeUndefined();
  const verify = prepareVerification({ scheme: 'hmac_sha256', secret, header, format });
  return (headers: Record<string, string>, now = NOW) => verify(headers, body, now).kind;
}

describe('a signature in a list, dated (Stripe)', () => {
  const kindOf = verifier('Stripe-Signature', {
    signed_payload: '{timestamp}.{body}',
    timestamp_key: 't',
    signature_key: 'v1',
  });
  const good = sign(`${NOW}.${body.toString()}`);
  const other = sign('other');

  it.each([`t=${NOW},v1=${good},v0=${other}`, `t=${NOW},v1=${other},v1=${good}`, `v1=${good}, t=${NOW}`])(
    'accepts %s',
    (signature) => expect(kindOf({ 'stripe-signature': signature })).toBe('verified'),
  );

  it.each([
    `t=${NOW},v1=${other}`,
    `t=${NOW},v0=${good}`,
    `t=${NOW + 1},v1=${good}`,
    `v1=${good}`,
    `t=,v1=${good}`,
    good,
    't=,v1=',
    '',
  ])('refuses %s', (signature) => expect(kindOf({ 'stripe-signature': signature })).toBe('failed'));

  it('accepts no signature older, or more ahead, than 300 s', () => {
    const headers = { 'stripe-signature': `t=${NOW},v1=${good}` };
    const kinds = [-301, -300, 300, 301].map((seconds) => kindOf(headers, NOW + seconds));
    expect(kinds).toEqual(['failed', 'verified', 'verified', 'failed']);
  });
});

it('verifies a signature whose time has a header of its own (Slack)', () => {
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  const verify = prepareVerification({
    scheme: 'hmac_sha256',
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    header: 'X-Slack-Signature',
    format: { signed_payload: 'v0:{timestamp}:{body}', timestamp_header: 'X-Slack-Request-Timestamp' },
  });
  const slack = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d1' +
      '0d2c447fce8b6703c',
  );
  const headers = {
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  };
  expect(verify(headers, slack, 1_531_420_618)).toEqual({ kind: 'verified' });
  expect(verify({ ...headers, 'x-slack-request-timestamp': '1531420619' }, slack, 1_531_420_618).kind).toBe('failed');
  expect(verify({ 'x-slack-signature': headers['x-slack-signature'] }, slack, 1_531_420_618).kind).toBe('failed');
});

it('verifies a list with another separator (Paddle)', () => {
  const kindOf = verifier('Paddle-Signature', {
    signed_payload: '{timestamp}:{body}',
    timestamp_key: 'ts',
    signature_key: 'h1',
    separator: ';',
    tolerance_seconds: 5,
  });
  const headers = { 'paddle-signature': `ts=${NOW};h1=${sign(`${NOW}:${body.toString()}`)}` };
  expect([kindOf(headers), kindOf(headers, NOW + 6)]).toEqual(['verified', 'failed']);
});

it('takes only the encoding of the format', () => {
  const digest = createHmac('sha256', SECRET).update(body);
  const hex = digest.digest('hex');
  const base64 = Buffer.from(hex, 'hex').toString('base64');
  const kinds = (format: SignatureFormat) => [hex, base64].map((text) => verifier('X-S', format)({ 'x-s': text }));
  expect(kinds({})).toEqual(['verified', 'verified']);
  expect(kinds({ encoding: 'hex' })).toEqual(['verified', 'failed']);
  expect(kinds({ encoding: 'base64' })).toEqual(['failed', 'verified']);
});

describe('signatureFormatProblem', () => {
  it.each([
    ['bogus', { bogus: 1 }],
    ['constructor', { constructor: 1 }],
    ['signed_payload', { signed_payload: 'nothing' }],
    ['signed_payload', { signed_payload: '{body}{body}' }],
    ['signed_payload', { timestamp_header: 'X-T' }],
    ['timestamp_header', { signed_payload: '{timestamp}{body}' }],
    ['timestamp_header', { timestamp_header: 'no header' }],
    ['signature_key', { signed_payload: '{timestamp}{body}', timestamp_key: 't' }],
    ['encoding', { encoding: 'base32' }],
    ['separator', { separator: '=' }],
    ['tolerance_seconds', { tolerance_seconds: 0 }],
    ['tolerance_seconds', { tolerance_seconds: '300' }],
  ])('names %s of %j', (field, format) => {
    expect(signatureFormatProblem(format)).toEqual({ field, message: expect.any(String) });
  });
});
