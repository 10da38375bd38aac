import { betterAuth } from 'better-auth';
import { organization } from 'better-auth/plugins/organization';
import { Pool } from 'pg';
import { newId } from '#libs/crypto';
import { type Log } from '#libs/observability';
import { ROLES } from './roles.js';
import { admitSignUp, isSignUpOpen, provisionUser, type SignUpPolicy } from './sign-up.js';

/** Header that tells better-auth the sender's address. Never taken over from a request. */
export const CLIENT_IP = 'x-hookstream-client-ip';

export interface IdentityOptions {
  databaseUrl: string;
  /** Signs session cookies. */
  secret: string;
  /** @defaultValue taken from each request */
  publicUrl?: string;
  signUp: SignUpPolicy;
  /** Whether addresses may try passwords only so often. */
  limited: boolean;
  log: Log;
}

/** Somebody with a session. */
export interface SignedInUser {
  userId: string;
  email: string;
  /** The organization the user has chosen, if any. */
  activeOrganizationId: string | null;
}

/** People: sign-up, sessions and the members of organizations, by better-auth, in the schema `identity`. */
export class Identity {
  readonly pool: Pool;
  private readonly auth: ReturnType<typeof createAuth>;

  constructor(private readonly options: IdentityOptions) {
    this.pool = new Pool({
      connectionString: options.databaseUrl,
      max: 5,
      options: '-c search_path=identity,public',
    });
    this.pool.on('error', (err) => options.log.warn({ err }, 'lost an idle database connection'));
    this.auth = createAuth(this.pool, options);
  }

  /** Answers a request below `/api/auth`. Its header {@link CLIENT_IP} is believed. */
  handle(request: Request): Promise<Response> {
    return this.auth.handler(request);
  }

  /** Who the session cookie belongs to. */
  async userOf(cookie: string): Promise<SignedInUser | undefined> {
    const found = await this.auth.api.getSession({ headers: new Headers({ cookie }) });
    if (!found) return undefined;
    const { session, user } = found;
    return { userId: user.id, email: user.email, activeOrganizationId: session.activeOrganizationId ?? null };
  }

  /** Whether somebody who has not been invited may sign up now. */
  isSignUpOpen(): Promise<boolean> {
    return isSignUpOpen(this.pool, this.options.signUp);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

function createAuth(pool: Pool, { secret, publicUrl, signUp, limited, log }: IdentityOptions) {
  return betterAuth({
    appName: 'hookstream',
    database: pool,
    secret,
    baseURL: publicUrl,
    basePath: '/api/auth',
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: limited },
    logger: {
      level: 'error',
      log: (_level, message, ...details: unknown[]) => log.warn({ details }, `identity: ${message}`),
    },
    advanced: {
      // Without the `__Secure-` that https would put before it: clients know the cookie as better-auth.session_token.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: publicUrl?.startsWith('https:') ?? false, sameSite: 'lax', httpOnly: true },
      ipAddress: { ipAddressHeaders: [CLIENT_IP] },
      // Our migrations make the tables, and /readyz watches over them.
      database: { generateId: () => newId(), validateSchema: false },
    },
    databaseHooks: {
      user: {
        create: {
          before: ({ email }) => admitSignUp(pool, signUp, email),
          after: (user) => provisionUser(pool, user),
        },
      },
    },
    plugins: [
      organization({
        roles: ROLES,
        allowUserToCreateOrganization: false,
        disableOrganizationDeletion: true,
        // An invitation's id is the secret that its sender hands over: there is no mail.
        requireEmailVerificationOnInvitation: false,
        schema: { organization: { modelName: 'organizations', fields: { createdAt: 'created_at' } } },
      }),
    ],
  });
}
