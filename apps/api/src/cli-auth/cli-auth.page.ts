import { hash } from 'node:crypto';
import { type Response } from 'express';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; }
code { font-size: 1.5rem; letter-spacing: .1em; }
label, input, select, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input, select, button { padding: .5rem; margin: .25rem 0 1rem; }
.problem { border-left: 4px solid #b00; padding-left: .75rem; }`;

const CSP = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Markup; everything that is put in is escaped, unless it is markup itself. */
class Markup {
  constructor(readonly text: string) {}
}

function html(parts: TemplateStringsArray, ...values: (string | Markup | Markup[])[]): Markup {
  const text = (value: string | Markup | Markup[]): string =>
    Array.isArray(value) ? value.map(text).join('') : value instanceof Markup ? value.text : escape(value);
  return new Markup(parts.reduce((page, part, index) => page + text(values[index - 1] ?? '') + part));
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const PATH = '/dashboard/cli-auth';

/** For somebody who is not signed in. @param problem with what was sent before */
export function signInPage(code: string, signUpIsOpen: boolean, problem?: string): Markup {
  const credentials = (newcomer: boolean) =>
    html` <input type="hidden" name="code" value="${code}" />
      <label>E-mail <input type="email" name="email" required autocomplete="username" /></label>
      <label
        >Password
        <input
          type="password"
          name="password"
          required
          minlength="8"
          autocomplete="${newcomer ? 'new-password' : 'current-password'}"
      /></label>`;
  const signUp = html` <h2>New here?</h2>
    <form method="post" action="${PATH}/sign-up">
      <label>Name <input name="name" required autocomplete="name" /></label>${credentials(true)}
      <button>Sign up</button>
    </form>`;
  return html` <h1>Sign in</h1>
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
    <form method="post" action="${PATH}/sign-in">
      ${credentials(false)}
      <button>Sign in</button>
    </form>
    ${signUpIsOpen ? signUp : ''}`;
}

/** For somebody who is signed in. @param environments to choose from */
export function approvalPage(code: string, environments: { id: string; name: string }[]): Markup {
  return html` <h1>Sign in the CLI?</h1>
    <p>Approve only if your terminal shows this code:</p>
    <p><code>${code}</code></p>
    <form method="post" action="${PATH}/approve">
      <input type="hidden" name="code" value="${code}" />
      <label
        >Environment
        <select name="env_id">
          ${environments.map(({ id, name }) => html`<option value="${id}">${name}</option>`)}
        </select></label
      >
      <button>Approve</button>
    </form>`;
}

/** Without anything to do. */
export function messagePage(title: string, message: string): Markup {
  return html`<h1>${title}</h1>
    <p>${message}</p>`;
}

/** Sends a page that runs no script, loads nothing, and cannot be framed. */
export function sendPage(response: Response, status: number, content: Markup): void {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>hookstream</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        ${content}
      </body>
    </html> `;
  response.status(status).type('html').set({
    'Content-Security-Policy': CSP,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    // Not "no-referrer", with which browsers would send our own forms with the origin "null".
    'Referrer-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  response.send(page.text);
}
