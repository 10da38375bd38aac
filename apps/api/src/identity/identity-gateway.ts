import { Inject, Injectable } from '@nestjs/common';
import { type Request as ExpressRequest, type Response as ExpressResponse } from 'express';
import { CLIENT_IP, Identity } from '#libs/identity';

/** Headers of a request that better-auth looks at. */
const FORWARDED = ['cookie', 'origin', 'referer', 'user-agent', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest'];
/** Headers that express writes by itself. */
const OWN = new Set(['content-length', 'set-cookie', 'transfer-encoding']);

interface Forwarded {
  /** With the query. */
  path: string;
  method: string;
  /** Sent as JSON. */
  body?: unknown;
}

/** Between express and better-auth, which speaks the web's Request and Response. */
@Injectable()
export class IdentityGateway {
  constructor(@Inject(Identity) private readonly identity: Identity) {}

  /**
   * Asks better-auth on behalf of a request.
   *
   * @param from whose cookies, origin and address count
   * @param baseUrl under which clients reach this api
   */
  forward(from: ExpressRequest, baseUrl: string, { path, method, body }: Forwarded): Promise<Response> {
    const headers = new Headers();
    for (const name of FORWARDED) {
      const value = from.get(name);
      if (value !== undefined) headers.set(name, value);
    }
    if (from.ip) headers.set(CLIENT_IP, from.ip);
    if (body !== undefined) headers.set('content-type', 'application/json');
    const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    return this.identity.handle(new Request(new URL(path, baseUrl), init));
  }

  /** Passes on status, headers and cookies of an answer. */
  passOn(answer: Response, response: ExpressResponse): void {
    response.status(answer.status);
    for (const [name, value] of answer.headers) if (!OWN.has(name)) response.setHeader(name, value);
    this.passOnCookies(answer, response);
  }

  /** Passes on nothing but the cookies of an answer. */
  passOnCookies(answer: Response, response: ExpressResponse): void {
    for (const cookie of answer.headers.getSetCookie()) response.append('Set-Cookie', cookie);
  }
}
