import { type IncomingHttpHeaders } from 'node:http';

/** `reason` is for logs and the event view; it never carries a secret or a signature. */
export type Verification = { kind: 'verified' } | { kind: 'failed'; reason: string };

/**
 * @param headers as Node gives them: names in lower case
 * @param body the raw bytes as received
 * @param nowSeconds Unix time in seconds @defaultValue the clock
 */
export type WebhookVerifier = (headers: IncomingHttpHeaders, body: Buffer, nowSeconds?: number) => Verification;

export const VERIFIED: Verification = { kind: 'verified' };
export const failed = (reason: string): Verification => ({ kind: 'failed', reason });
