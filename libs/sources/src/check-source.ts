import { isUsableSecret, type Keyring, signatureFormatProblem } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { checkSchema } from '#libs/json-schema';
import { type Source } from './source.entity.js';

/** Header names, as RFC 9110 §5.6.2 has them. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;

/** Checks that what is set of a source makes sense together. @throws ApiError `invalid_body` */
export function checkSource(source: Source, keyring: Keyring): void {
  checkVerification(source, keyring);
  checkDedup(source);
  if (source.schemaValidationEnabled && !source.jsonSchema) {
    throw ApiError.invalidField('json_schema', 'is needed when schema_validation_enabled is true');
  }
}

/** Checks a format as it was sent. @throws ApiError `invalid_body` */
export function checkVerificationConfig(config: Record<string, unknown>): void {
  const problem = signatureFormatProblem(config);
  if (problem) throw ApiError.invalidField(`verification_config.${problem.field}`, problem.message);
}

/** Checks a schema as it was sent. @throws ApiError `invalid_body` */
export function checkJsonSchema(schema: Record<string, unknown>): void {
  const problem = checkSchema(schema);
  if (problem) throw ApiError.invalidField('json_schema', problem);
}

function checkVerification(source: Source, keyring: Keyring): void {
  const { verificationEnabled, verificationType, verificationSecret } = source;
  if (verificationSecret && verificationType && !isUsableSecret(verificationType, keyring.open(verificationSecret))) {
    throw ApiError.invalidField('verification_secret', `is not a secret for ${verificationType}`);
  }
  if (!verificationEnabled) return;
  if (!verificationType) throw ApiError.invalidField('verification_type', 'is needed to verify signatures');
  if (!verificationSecret) throw ApiError.invalidField('verification_secret', 'is needed to verify signatures');
}

function checkDedup({ dedupEnabled, dedupStrategy, dedupField }: Source): void {
  if (dedupEnabled && !dedupStrategy) {
    throw ApiError.invalidField('dedup_strategy', 'is needed when dedup_enabled is true');
  }
  if (!dedupStrategy || dedupStrategy === 'payload_hash') return;
  if (!dedupField) throw ApiError.invalidField('dedup_field', `is needed when dedup_strategy is ${dedupStrategy}`);
  if (dedupStrategy === 'header_field' && !HEADER_NAME.test(dedupField)) {
    throw ApiError.invalidField('dedup_field', 'must be a header name');
  }
}
