import { createHash, createHmac } from 'node:crypto';
import { type Received } from '#libs/testing';

/**
 * Checks AWS Signature Version 4, written from https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * and sharing no code with the SDK.
 *
 * @param service whose paths are encoded twice, except those of S3
 * @returns what is wrong with the signature; undefined if nothing is
 */
export function signatureProblem(
  { method, url, headers, body }: Received,
  {
    region,
    service,
    accessKeyId,
    secretAccessKey,
  }: Record<'region' | 'service' | 'accessKeyId' | 'secretAccessKey', string>,
): string | undefined {
  const authorization = /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  );
  const [, credential = '', signedNames = '', signature] = authorization ?? [];
  const time = String(headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  if (credential !== `${accessKeyId}/${scope}`) return `the credential is ${credential}`;
  const names = signedNames.split(';');
  const mustSign = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = mustSign.find((name) => !names.includes(name));
  if (unsigned) return `${unsigned} is not signed`;

  const payloadHash = sha256(body);
  const sentHash = headers['x-amz-content-sha256'];
  if (sentHash !== undefined && sentHash !== payloadHash) return 'x-amz-content-sha256 is not of this body';
  const { pathname, searchParams } = new URL(url, 'http://host');
  const path = service === 's3' ? pathname : pathname.split('/').map(encode).join('/');
  const query = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const canonical = [
    method,
    path,
    query.join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  const expected = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  return signature === expected ? undefined : 'the signature does not match';
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
