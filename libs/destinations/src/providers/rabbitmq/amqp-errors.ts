import { describeError } from '#libs/http-client';
import { type FailureCause, type Verdict } from '../../provider.js';
import { judgeFailedExchange } from '../verdicts.js';

const NOT_ALLOWED = 530;

/** Reply codes of AMQP 0-9-1 (https://www.rabbitmq.com/amqp-0-9-1-reference.html#constants). */
const CAUSES: Record<number, FailureCause> = {
  311: 'payload_too_large', // content-too-large
  320: 'connection_reset', // connection-forced: the broker is going down
  403: 'auth_rejected', // access-refused
  404: 'not_found',
  406: 'payload_refused', // precondition-failed: larger than max_message_size, for one
  [NOT_ALLOWED]: 'not_found', // not-allowed: no such virtual host, or no access to it
};

const SENTENCES: Partial<Record<FailureCause, string>> = {
  payload_too_large: 'The broker does not take messages of this size',
  connection_reset: 'The broker closed the connection',
  auth_rejected: 'The broker refused the user, or what they want to do',
  not_found: 'The virtual host or the exchange does not exist, or the user has no access to it',
  payload_refused: 'The broker refused the message',
};

/** Why a connection, a channel or a publication failed. The broker's own text names users and hosts and is not shown. */
export function judgeAmqpError(error: Error & { code?: unknown }): Verdict {
  const { code, message } = error;
  const reply = typeof code === 'number' ? code : replyCode(message);
  if (reply === undefined) return judgeSocketError(error);
  const tooLarge = reply === 406 && /larger than|max.*size/i.test(message);
  const cause = tooLarge ? 'payload_too_large' : (CAUSES[reply] ?? 'provider_error');
  const sentence = `${SENTENCES[cause] ?? 'The broker answered with an error'} (${reply}).`;
  const lasting = cause === 'payload_too_large' || cause === 'payload_refused';
  return { kind: lasting ? 'permanent' : 'retryable', cause, message: sentence };
}

/** Size of the message that was too large. */
export function refusedBytes({ message }: Error): number | undefined {
  const size = /message size (\d+)/.exec(message)?.[1];
  return size === undefined ? undefined : Number(size);
}

/** In the handshake the code is in the text only: `403 (ACCESS-REFUSED) with message …`; of a refused virtual host not even there. */
function replyCode(text: string): number | undefined {
  if (text.startsWith('Expected ConnectionOpenOk; got <ConnectionClose')) return NOT_ALLOWED;
  const [, code] = /\b(\d{3}) \([A-Z_-]+\)/.exec(text) ?? [];
  return code === undefined ? undefined : Number(code);
}

function judgeSocketError(error: Error & { code?: unknown }): Verdict {
  const timedOut = /ETIMEDOUT|Heartbeat timeout/.test(error.message);
  const cutOff = /Socket closed|Unexpected close|closed/i.test(error.message);
  const code = typeof error.code === 'string' ? error.code : timedOut ? 'ETIMEDOUT' : cutOff ? 'ECONNRESET' : undefined;
  const described = describeError(Object.assign(new Error(error.message), { code }));
  const outcome = { kind: 'error', durationMs: 0, ...described } as const;
  // What is not AMQP at the other end is told apart only by amqplib's text.
  if (code === undefined) {
    return { kind: 'retryable', cause: 'protocol_error', message: 'The receiver does not speak AMQP 0-9-1.' };
  }
  return judgeFailedExchange(outcome);
}
