import { type FailureCause, type Verdict } from '../../provider.js';
import { judgeFailedExchange, judgeStatus } from '../verdicts.js';
import { retryAfterMs } from '../http/retry-after.js';
import { type AwsExchange } from './guarded-handler.js';

/** Error codes of SQS, S3, EventBridge and what stands before them (STS, IAM, Signature V4), by what they mean for a delivery. */
const CAUSES: [codes: RegExp, cause: FailureCause][] = [
  [
    /Throttl|^(TooManyRequests|SlowDown|RequestLimitExceeded|LimitExceeded|OverLimit|BandwidthLimitExceeded|RequestThrottled)/,
    'throttled',
  ],
  [
    /^(AccessDenied|Unrecognized(Client)?|UnrecognizedClient|Invalid(Client)?Token|InvalidAccessKeyId|InvalidClientTokenId|InvalidSecurity|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|ExpiredToken|TokenRefreshRequired|MissingAuthenticationToken|AuthFailure|NotAuthorized|OptInRequired|RequestTimeTooSkewed|RequestExpired|AllAccessDisabled|AccountProblem|Kms.*(AccessDenied|Disabled))/,
    'auth_rejected',
  ],
  [/(DoesNotExist|NonExistentQueue|^NoSuchBucket|^ResourceNotFound|^NotFound$|^Kms.*NotFound)/, 'not_found'],
  [/^(EntityTooLarge|MessageTooLong|BatchRequestTooLong|RequestEntityTooLarge|PayloadTooLarge)/, 'payload_too_large'],
  [/^(InvalidMessageContents|MalformedDetail)/, 'payload_refused'],
  [/^(Internal|ServiceUnavailable|ServiceFailure)/, 'response_5xx'],
];
/** SQS still has it from its older protocol in some codes. */
const SQS_PREFIX = /^AWS\.SimpleQueueService\./;
/** Of these the next try would meet the same. */
const LASTING: FailureCause[] = ['payload_too_large', 'payload_refused'];

/** What an error that the SDK raised says of the delivery. */
export function judgeAwsError(error: Error, { outcome }: AwsExchange): Verdict {
  if (!outcome) return judgeBeforeTheWire(error);
  if (outcome.kind === 'error') return judgeFailedExchange(outcome);
  const { status, headers } = outcome;
  if (status < 300) {
    const message = `The answer of AWS could not be understood (${error.name}).`;
    return { kind: 'retryable', cause: 'provider_error', message };
  }
  const verdict = judgeAwsCode(error.name, retryAfterMs(headers['retry-after']), error.message);
  return verdict ?? judgeStatus(status, headers, `AWS answered ${status} (${error.name}).`);
}

/**
 * @param fullCode such as `QueueDoesNotExist`
 * @param waitMs what `Retry-After` says
 * @param text read, never shown: some services say only there that something is too large
 * @returns undefined when the code says nothing
 */
export function judgeAwsCode(fullCode: string, waitMs?: number, text = ''): Verdict | undefined {
  const code = fullCode.replace(SQS_PREFIX, '');
  const tooLarge = /^(ValidationException|InvalidParameterValue)/.test(code) && /size|bytes|limit/i.test(text);
  const cause = tooLarge ? 'payload_too_large' : CAUSES.find(([codes]) => codes.test(code))?.[1];
  if (!cause) return undefined;
  const message = `AWS refused the delivery: ${code}.`;
  if (LASTING.includes(cause)) return { kind: 'permanent', cause, message };
  return { kind: 'retryable', cause, message, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
}

/** Nothing was sent: mostly there are no credentials. */
function judgeBeforeTheWire({ name }: Error): Verdict {
  if (/Credentials|Token/.test(name)) {
    return { kind: 'retryable', cause: 'auth_rejected', message: 'No AWS credentials could be obtained.' };
  }
  return { kind: 'retryable', cause: 'provider_error', message: `The request could not be made (${name}).` };
}
