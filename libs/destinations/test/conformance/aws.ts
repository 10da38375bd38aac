/* eslint-disable no-restricted-properties -- the SDK reads the worker's credentials from the environment */
import { expect, it } from '@jest/globals';
import { startReceiver } from '#libs/testing';
import { type Failure } from './conformance.js';
import { delivery, type Settings, Workbench } from './fixtures.js';
import { signatureProblem } from './sigv4.js';

export const ACCESS = {
  region: 'eu-central-1',
  access_key_id: 'AKIATESTTESTTESTTEST',
  secret_access_key: 'a/secret+access/key-1234567890',
  session_token: 'a-session-token+1234567890==',
};
/** The id of an access key is shown everywhere. */
export const AWS_SECRETS = [ACCESS.secret_access_key, ACCESS.session_token];

/** Errors as the services send them: JSON for SQS and EventBridge, XML for S3. */
export function awsFailures(error: (code: string) => { headers: Record<string, string>; body: string }): Failure[] {
  const answer = (status: number, code: string, headers = {}) => {
    const { headers: own, body } = error(code);
    return { status, headers: { ...own, ...headers }, body };
  };
  return [
    {
      name: 'a wrong key',
      answer: answer(403, 'SignatureDoesNotMatch'),
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    {
      name: 'expired credentials',
      answer: answer(400, 'ExpiredToken'),
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    {
      name: 'no permission',
      answer: answer(400, 'AccessDeniedException'),
      expected: { kind: 'retryable', cause: 'auth_rejected' },
    },
    {
      name: 'too many requests',
      answer: answer(400, 'ThrottlingException', { 'retry-after': '9' }),
      expected: { kind: 'retryable', cause: 'throttled', retryAfterMs: 9_000 },
    },
    {
      name: 'slow down',
      answer: answer(503, 'SlowDown'),
      expected: { kind: 'retryable', cause: 'throttled' },
    },
    {
      name: 'a fault of AWS',
      answer: answer(500, 'InternalFailure'),
      expected: { kind: 'retryable', cause: 'response_5xx' },
    },
    {
      name: 'an error nobody knows',
      answer: answer(400, 'Bogus'),
      expected: { kind: 'retryable', cause: 'response_4xx' },
    },
    {
      name: 'an answer that is none of AWS',
      answer: { status: 502, body: '<html>Bad gateway' },
      expected: { kind: 'retryable', cause: 'response_5xx' },
    },
  ];
}

/** Requests are signed with the destination's key; fakes of AWS do not look. */
export function itSigns(service: string, settingsAt: (origin: string) => Settings): void {
  it('signs its requests (Signature Version 4)', async () => {
    const bench = new Workbench();
    const receiver = await startReceiver((_, response) => response.writeHead(500).end());
    try {
      const settings = settingsAt(receiver.url);
      await bench.provider(settings).send(delivery('{"a":"ü"}'));
      const [request] = receiver.requests;
      const key = { region: ACCESS.region, service, accessKeyId: ACCESS.access_key_id };
      expect(request?.headers['x-amz-security-token']).toBe(ACCESS.session_token);
      expect(signatureProblem(request!, { ...key, secretAccessKey: ACCESS.secret_access_key })).toBeUndefined();
      expect(signatureProblem(request!, { ...key, secretAccessKey: 'another' })).toBe('the signature does not match');
    } finally {
      await bench.clear();
      await receiver.stop();
    }
  });

  it('uses the credentials of the worker only where the operator allows it', async () => {
    const bench = new Workbench();
    const settings = settingsAt('http://127.0.0.1:1');
    const outcome = await bench
      .provider({ ...settings, config: { ...settings.config, credentials: 'default' } })
      .send(delivery('{}'));
    expect(outcome).toMatchObject({ kind: 'retryable', cause: 'auth_rejected', request: { url: '' } });
    await bench.clear();
  });

  it('finds the credentials of the worker, or says that there are none', async () => {
    const bench = new Workbench();
    const receiver = await startReceiver((_, response) => response.writeHead(500).end());
    const before = { ...process.env };
    const settings = settingsAt(receiver.url);
    const send = () =>
      bench
        .provider({ ...settings, config: { ...settings.config, credentials: 'default' } }, undefined, true)
        .send(delivery('{}'));
    try {
      Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/nowhere' });
      process.env.AWS_SHARED_CREDENTIALS_FILE = '/nowhere';
      expect(await send()).toMatchObject({ kind: 'retryable', cause: 'auth_rejected', request: { url: '' } });
      const own = { accessKeyId: 'AKIAOFTHEWORKER', secretAccessKey: 'secret-of-the-worker' };
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: own.accessKeyId, AWS_SECRET_ACCESS_KEY: own.secretAccessKey });
      await send();
      const [request] = receiver.requests;
      expect(signatureProblem(request!, { region: ACCESS.region, service, ...own })).toBeUndefined();
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      await bench.clear();
      await receiver.stop();
    }
  });
}
