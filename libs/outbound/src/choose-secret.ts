import { newSigningSecret, readSigningSecret, type SigningAlgorithm, type SigningKey } from '#libs/crypto';
import { ApiError } from '#libs/errors';

/** What a caller may say about the secret of an endpoint. */
export interface SecretChoice {
  /** Of a new secret; of one that is given, what its prefix must say. */
  signingAlgorithm?: SigningAlgorithm;
  /** In the clear; left out, one is made. */
  signingSecret?: string;
}

/**
 * The secret that is given, or a new one.
 *
 * @param algorithm of a new one, when nothing is said
 * @throws ApiError `invalid_body` naming `signing_secret`, and never showing it
 */
export function chooseSecret(
  { signingSecret, signingAlgorithm }: SecretChoice,
  algorithm: SigningAlgorithm = 'hmac_sha256',
): { secret: string; key: SigningKey } {
  const secret = signingSecret ?? newSigningSecret(signingAlgorithm ?? algorithm);
  const key = readSigningSecret(secret);
  if (!key) throw ApiError.invalidField('signing_secret', PROBLEM);
  if (signingAlgorithm && key.algorithm !== signingAlgorithm) {
    throw ApiError.invalidField('signing_secret', `is not one for the signing_algorithm ${signingAlgorithm}`);
  }
  return { secret, key };
}

const PROBLEM =
  'must be whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 seed and its public key, 64 bytes together';
