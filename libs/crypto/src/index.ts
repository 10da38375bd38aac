export { CryptoModule } from './crypto.module.js';
export { apiKeyPrefix, type ApiKeyMode, hashApiKey, isApiKey, newApiKey } from './api-key.js';
export { derivedId, newId, parseId } from './ids.js';
export { Keyring, KeyringError } from './keyring.js';
export { isMasked, maskSecret } from './mask-secret.js';
export {
  isUsableSecret,
  prepareVerification,
  type Verification,
  type VerificationRule,
  type VerificationScheme,
  type WebhookVerifier,
} from './verify-webhook.js';
