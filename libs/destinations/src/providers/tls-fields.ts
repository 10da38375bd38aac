import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type TlsIdentity } from '#libs/http-client';
import { optional, optionalSecret, type ProviderField } from '../provider-field.js';
import { type SealedConfig } from '../sealed-config.js';

/** Whom to trust and who we are, for servers inside a company. */
export const TLS_FIELDS: readonly ProviderField[] = [
  optional(
    'tls_ca',
    'Certificates (PEM) of the authorities to trust instead of the well-known ones',
    '-----BEGIN CERTIFICATE-----…',
    { problem: certificateProblem },
  ),
  optional(
    'tls_cert',
    'Certificate (PEM, with its chain) shown to a server that asks for one; needs `tls_key`',
    '-----BEGIN CERTIFICATE-----…',
    { needed: ({ tls_key }) => Boolean(tls_key), problem: certificateProblem },
  ),
  optionalSecret('tls_key', 'Private key (PEM, without a passphrase) of `tls_cert`', '-----BEGIN PRIVATE KEY-----…', {
    needed: ({ tls_cert }) => Boolean(tls_cert),
    problem: (key, { tls_cert }) => keyProblem(key, tls_cert),
  }),
];

/** What {@link TLS_FIELDS} hold. */
export function tlsIdentity({ tls_ca: ca, tls_cert: cert, tls_key: key }: SealedConfig): TlsIdentity {
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function certificateProblem(pem: string): string | undefined {
  try {
    new X509Certificate(pem);
    createSecureContext({ ca: pem, cert: pem });
    return undefined;
  } catch {
    return 'must be a certificate in PEM';
  }
}

function keyProblem(pem: string, cert: string | undefined): string | undefined {
  try {
    const key = createPrivateKey(pem);
    return cert && !new X509Certificate(cert).checkPrivateKey(key) ? 'must be the key of tls_cert' : undefined;
  } catch {
    return 'must be a private key in PEM, without a passphrase';
  }
}
