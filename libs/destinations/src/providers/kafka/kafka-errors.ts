import { type Verdict } from '../../provider.js';
import { jsonObject } from '../http-exchange.js';
import { DELIVERED, judgeStatus } from '../verdicts.js';

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Codes are a status and two digits more (40403: unknown topic), also inside a 200. */
export function judgeV3({ status, headers, body }: Answer): Verdict {
  const code = jsonObject(body)?.error_code;
  if (status >= 200 && status < 300 && typeof code !== 'number') return unreadable();
  return judgeCode(typeof code === 'number' ? code : status, headers);
}

/**
 * A 200 lists one result per record: `error_code` 1 is an error of Kafka that trying again does not mend, 2 one that it may.
 * https://docs.confluent.io/platform/current/kafka-rest/api.html
 */
export function judgeV2({ status, headers, body }: Answer): Verdict {
  const answer = jsonObject(body);
  if (status < 200 || status >= 300) {
    return judgeCode(typeof answer?.error_code === 'number' ? answer.error_code : status, headers);
  }
  const [result] = (answer?.offsets ?? []) as { error_code?: number | null; error?: unknown }[];
  if (!result) return unreadable();
  if (!result.error_code) return DELIVERED;
  const message = `Kafka refused the record (error_code ${result.error_code}).`;
  if (result.error_code !== 1) return { kind: 'retryable', cause: 'provider_error', message };
  const tooLarge = /too ?large/i.test(String(result.error));
  return { kind: 'permanent', cause: tooLarge ? 'payload_too_large' : 'provider_error', message };
}

function judgeCode(code: number, headers: Record<string, string>): Verdict {
  const status = Number(String(code).slice(0, 3));
  return judgeStatus(status, headers, `The Kafka REST API answered ${code}.`);
}

function unreadable(): Verdict {
  return { kind: 'retryable', cause: 'provider_error', message: 'The answer is not one of a Kafka REST API.' };
}
