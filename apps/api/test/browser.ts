import request, { type Response } from 'supertest';
import { type Method } from './client.js';

let people = 0;

/** Somebody at a browser: keeps cookies and sends the origin of the page. */
export class Browser {
  readonly email = `person-${++people}@example.com`;
  readonly password = 'correct horse battery';
  private readonly cookies = new Map<string, string>();

  /** @param origin of the page that sends; that of the api when left out */
  constructor(
    private readonly url: string,
    private readonly origin: string | null = url,
  ) {}

  /** The session cookie of somebody else's browser. */
  steal(other: Browser): this {
    for (const [name, value] of other.cookies) this.cookies.set(name, value);
    return this;
  }

  async call(method: Method, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    return this.keep(await this.sending(method, path, headers).send(body));
  }

  /** Sends a form. */
  async submit(path: string, fields: Record<string, string>): Promise<Response> {
    return this.keep(await this.sending('post', path).type('form').redirects(0).send(fields));
  }

  signUp(): Promise<Response> {
    const { email, password } = this;
    return this.call('post', '/api/auth/sign-up/email', { name: 'Person', email, password });
  }

  signIn(password = this.password): Promise<Response> {
    return this.call('post', '/api/auth/sign-in/email', { email: this.email, password });
  }

  private sending(method: Method, path: string, headers: Record<string, string> = {}) {
    const sending = request(this.url)[method](path).set(headers);
    if (this.origin !== null) void sending.set('Origin', this.origin);
    if (this.cookies.size > 0) void sending.set('Cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '));
    return sending;
  }

  private keep(response: Response): Response {
    for (const cookie of (response.headers['set-cookie'] ?? []) as unknown as string[]) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '' || /max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}
