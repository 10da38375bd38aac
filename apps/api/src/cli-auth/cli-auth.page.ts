import { html, type Markup } from '../http/page.js';

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
