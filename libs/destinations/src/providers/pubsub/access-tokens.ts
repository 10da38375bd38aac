import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { type HttpClient } from '#libs/http-client';
import { type ProviderOutcome, type Verdict } from '../../provider.js';
import { redact } from '../../redact.js';
import { exchangeOutcome, jsonObject } from '../http-exchange.js';
import { DELIVERED, judgeStatus } from '../verdicts.js';
import { type ServiceAccount } from './service-account.js';

const SCOPE = 'https://www.googleapis.com/auth/pubsub';
const LIFETIME_S = 3600;
/** A token is renewed this long before it expires, so that none expires on its way. */
const MARGIN_MS = 60_000;

/** A token, or the outcome of the delivery that could not get one. */
type TokenResult = { token: string } | { failure: ProviderOutcome };

/**
 * Access tokens of a service account (RFC 7523): a JWT it has signed is exchanged for one, which is used until shortly before
 * it expires. Deliveries that need one at the same time wait for the same exchange.
 */
export class AccessTokens {
  private readonly key: KeyObject;
  private current: { token: string; renewAt: number } | undefined;
  private renewing: Promise<TokenResult> | undefined;

  constructor(
    private readonly http: HttpClient,
    private readonly account: ServiceAccount,
    private readonly timeoutMs: number,
  ) {
    this.key = createPrivateKey(account.privateKey);
  }

  get(nowMs = Date.now()): Promise<TokenResult> {
    if (this.current && nowMs < this.current.renewAt) return Promise.resolve({ token: this.current.token });
    return (this.renewing ??= this.renew(nowMs).finally(() => (this.renewing = undefined)));
  }

  /** Forgets a token that was refused. */
  drop(token: string): void {
    if (this.current?.token === token) this.current = undefined;
  }

  private async renew(nowMs: number): Promise<TokenResult> {
    const { tokenUrl: url } = this.account;
    const assertion = this.assertion(Math.floor(nowMs / 1000));
    const request = {
      url,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'hookstream' },
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
      timeoutMs: this.timeoutMs,
    };
    const outcome = await this.http.send(request);
    const answer = outcome.kind === 'response' && outcome.status === 200 ? jsonObject(outcome.body) : undefined;
    const { access_token: token, expires_in = LIFETIME_S } = answer ?? {};
    if (typeof token !== 'string')
      return { failure: redact(exchangeOutcome(request, outcome, judgeToken), [assertion]) };
    this.current = { token, renewAt: nowMs + Number(expires_in) * 1000 - MARGIN_MS };
    return { token };
  }

  private assertion(nowS: number): string {
    const { email, privateKeyId, tokenUrl } = this.account;
    const header = { alg: 'RS256', typ: 'JWT', ...(privateKeyId && { kid: privateKeyId }) };
    const claims = { iss: email, scope: SCOPE, aud: tokenUrl, iat: nowS, exp: nowS + LIFETIME_S };
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), this.key).toString('base64url')}`;
  }
}

/** 400 is how OAuth says that it does not know the account or its key (RFC 6749 §5.2). */
function judgeToken({ status, headers }: { status: number; headers: Record<string, string> }): Verdict {
  const message = `No access token could be obtained: the token endpoint answered ${status}.`;
  if (status === 400) return { kind: 'retryable', cause: 'auth_rejected', message };
  const verdict = judgeStatus(status, headers, message);
  return verdict === DELIVERED ? { kind: 'retryable', cause: 'provider_error', message } : verdict;
}
