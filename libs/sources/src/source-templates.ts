import { type SignatureFormat, type VerificationScheme } from '#libs/crypto';

/** Presets for a well-known sender. */
export interface SourceTemplate {
  id: string;
  name: string;
  /** One or two sentences: what is signed, and where the preset is not what the sender does. */
  description: string;
  verificationType: VerificationScheme | null;
  /** Header that carries the signature. */
  header: string | null;
  /** Where the signature is more than a digest of the body. */
  format: SignatureFormat | null;
}

type Preset = Omit<SourceTemplate, 'id' | 'name' | 'description'>;

const hmacSha256 = (header: string, format: SignatureFormat | null = null): Preset => ({
  verificationType: 'hmac_sha256',
  header,
  format,
});
const hmacSha1 = (header: string): Preset => ({ verificationType: 'hmac_sha1', header, format: null });
/** Its headers are fixed. */
const STANDARD_WEBHOOKS: Preset = { verificationType: 'standard_webhooks', header: null, format: null };
const NOTHING: Preset = { verificationType: null, header: null, format: null };

/** As each sender documents its scheme; the URL is where. */
export const SOURCE_TEMPLATES: readonly SourceTemplate[] = [
  {
    // https://docs.stripe.com/webhooks#verify-manually
    id: 'stripe',
    name: 'Stripe',
    description: 'Payment events, signed with HMAC-SHA256 over time and body, valid for 5 minutes.',
    ...hmacSha256('Stripe-Signature', {
      signed_payload: '{timestamp}.{body}',
      timestamp_key: 't',
      signature_key: 'v1',
      encoding: 'hex',
    }),
  },
  {
    // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    id: 'github',
    name: 'GitHub',
    description: 'Repository and organization webhooks, signed with HMAC-SHA256.',
    ...hmacSha256('X-Hub-Signature-256'),
  },
  {
    // https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    id: 'shopify',
    name: 'Shopify',
    description: 'Shop events, signed with HMAC-SHA256 in base64.',
    ...hmacSha256('X-Shopify-Hmac-SHA256', { encoding: 'base64' }),
  },
  {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    id: 'slack',
    name: 'Slack',
    description: 'Events and commands, signed with HMAC-SHA256 over time and body, valid for 5 minutes.',
    ...hmacSha256('X-Slack-Signature', {
      signed_payload: 'v0:{timestamp}:{body}',
      timestamp_header: 'X-Slack-Request-Timestamp',
      encoding: 'hex',
    }),
  },
  {
    // https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
    id: 'sendgrid',
    name: 'SendGrid',
    description:
      "Email events. Presets HMAC-SHA256 over the body, for a signing proxy: SendGrid's own signature is ECDSA, which is not verified.",
    ...hmacSha256('X-Hub-Signature-256'),
  },
  {
    // https://linear.app/developers/webhooks#securing-webhooks
    id: 'linear',
    name: 'Linear',
    description: 'Issue and project events, signed with HMAC-SHA256.',
    ...hmacSha256('Linear-Signature', { encoding: 'hex' }),
  },
  {
    // https://developer.paddle.com/webhooks/signature-verification
    id: 'paddle',
    name: 'Paddle',
    description: 'Billing events, signed with HMAC-SHA256 over time and body, valid for 5 minutes.',
    ...hmacSha256('Paddle-Signature', {
      signed_payload: '{timestamp}:{body}',
      timestamp_key: 'ts',
      signature_key: 'h1',
      separator: ';',
      encoding: 'hex',
    }),
  },
  {
    // https://www.typeform.com/developers/webhooks/secure-your-webhooks/
    id: 'typeform',
    name: 'Typeform',
    description: 'Form responses, signed with HMAC-SHA256 in base64.',
    ...hmacSha256('Typeform-Signature', { encoding: 'base64' }),
  },
  {
    // https://www.twilio.com/docs/usage/security#validating-requests
    id: 'twilio',
    name: 'Twilio',
    description:
      'Calls and messages. Presets HMAC-SHA1 over the body, for a signing proxy: Twilio signs URL and form fields, which is not verified.',
    ...hmacSha1('X-Hub-Signature'),
  },
  {
    // https://developers.intercom.com/docs/webhooks/webhook-notifications#signed-notifications
    id: 'intercom',
    name: 'Intercom',
    description: 'Conversation and contact events, signed with HMAC-SHA1.',
    ...hmacSha1('X-Hub-Signature'),
  },
  {
    // https://clerk.com/docs/guides/development/webhooks/syncing
    id: 'clerk',
    name: 'Clerk',
    description: 'User and session events, signed with Standard Webhooks.',
    ...STANDARD_WEBHOOKS,
  },
  {
    // https://docs.svix.com/receiving/verifying-payloads/how-manual
    id: 'svix',
    name: 'Svix',
    description: 'Whatever is sent through Svix, signed with Standard Webhooks.',
    ...STANDARD_WEBHOOKS,
  },
  {
    // https://resend.com/docs/webhooks/verify-webhooks-requests
    id: 'resend',
    name: 'Resend',
    description: 'Email events, signed with Standard Webhooks.',
    ...STANDARD_WEBHOOKS,
  },
  {
    // https://postmarkapp.com/developer/webhooks/webhooks-overview#protecting-your-webhook
    id: 'postmark',
    name: 'Postmark',
    description: 'Email events. Postmark does not sign; restrict who may send with ip_allowlist.',
    ...NOTHING,
  },
  { id: 'custom', name: 'Custom', description: 'Any sender; configure verification yourself.', ...NOTHING },
];
