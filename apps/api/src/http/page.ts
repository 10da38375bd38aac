import { hash } from 'node:crypto';
import { type Response } from 'express';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; }
code { font-size: 1.5rem; letter-spacing: .1em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: .75rem; }
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

/** Text of HTML. Made by {@link html} alone. */
export class Markup {
  constructor(readonly text: string) {}
}

/** Markup of a template; what is put in is escaped, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: (string | Markup | Markup[])[]): Markup {
  const text = (value: string | Markup | Markup[]): string =>
    Array.isArray(value) ? value.map(text).join('') : value instanceof Markup ? value.text : escape(value);
  return new Markup(parts.reduce((page, part, index) => page + text(values[index - 1] ?? '') + part));
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Without anything to do. */
export function messagePage(title: string, message: string): Markup {
  return html`<h1>${title}</h1>
    <p>${message}</p>`;
}

/** To the letter what the policy has the hash of. */
const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);

/** Sends a page that runs no script, loads nothing, and cannot be framed. */
export function sendPage(response: Response, status: number, content: Markup): void {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>hookstream</title>
        ${STYLE_ELEMENT}
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
