export { CryptoModule } from './crypto.module.js';
export { apiKeyPrefix, type ApiKeyMode, hashApiKey, isApiKey, newApiKey } from './api-key.js';
export { derivedId, idTime, newId, parseId } from './ids.js';
export { Keyring, KeyringError } from './keyring.js';
export { isMasked, maskSecret } from './mask-secret.js';
export { type SignatureFormat, signatureFormatProblem } from './signature-format.js';
export { type Verification, type WebhookVerifier } from './verification.js';
export {
  newSigningSecret,
  readSigningSecret,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
} from './signing-secret.js';
export {
  isUsableSecret,
  prepareVerification,
  type VerificationRule,
  type VerificationScheme,
} from './verify-webhook.js';
