import { type ProviderOutcome } from '#libs/destinations';
import { type AttemptStatus } from './delivery-attempt.entity.js';

/** What an attempt is called that came out like this. */
export function attemptStatus(outcome: ProviderOutcome): AttemptStatus {
  if (outcome.kind === 'delivered') return 'success';
  if (outcome.cause === 'timeout') return 'timeout';
  return outcome.response ? 'failed' : 'error';
}
