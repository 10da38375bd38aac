import { type Verdict } from '../../provider.js';

/** The exchange took the message and had no queue for it, so it is gone. A binding may be made while the retries last. */
export function unroutable(): Verdict {
  return {
    kind: 'retryable',
    cause: 'unroutable',
    message: 'No queue is bound to the exchange with this routing key.',
  };
}
