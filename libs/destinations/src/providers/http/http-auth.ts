import { ApiError } from '#libs/errors';
import { type AuthType } from '../../destination.entity.js';
import { checkHeaderName, isHeaderValue } from './custom-headers.js';
import { readSigningConfig, type SigningConfig } from './signing-config.js';

const REQUIRED: Record<AuthType, string[]> = {
  none: [],
  bearer_token: ['token'],
  basic: ['username', 'password'],
  api_key: ['header', 'value'],
  hmac: ['secret'],
};
const OPTIONAL: Partial<Record<AuthType, string[]>> = { hmac: ['header', 'algorithm'] };
/** Neither a header's name nor the user's is a secret. */
const SHOWN = ['header', 'username', 'algorithm'];

/** Whether a field of `auth_config` is masked in answers. */
export function isAuthSecret(name: string): boolean {
  return !SHOWN.includes(name);
}

/**
 * @param config `{token}` for bearer_token, `{username, password}` for basic, `{header, value}` for api_key,
 *   `{secret, header, algorithm}` for hmac
 * @throws ApiError `invalid_body` naming the field of `auth_config` that is missing or wrong
 */
export function checkAuth(type: AuthType, config: Record<string, unknown>): void {
  for (const name of REQUIRED[type]) {
    const value = config[name];
    if (typeof value !== 'string' || value === '') {
      throw ApiError.invalidField(`auth_config.${name}`, `is needed when auth_type is ${type}`);
    }
    if (type !== 'basic' && type !== 'hmac' && !isHeaderValue(value)) {
      throw ApiError.invalidField(`auth_config.${name}`, 'must be text that a header can carry');
    }
  }
  const known = [...REQUIRED[type], ...(OPTIONAL[type] ?? [])];
  const unknown = Object.keys(config).find((name) => !known.includes(name));
  if (unknown) throw ApiError.invalidField(`auth_config.${unknown}`, `is not known when auth_type is ${type}`);
  if (type === 'api_key') checkHeaderName('auth_config.header', config.header as string);
  if (type === 'hmac') readSigningConfig(config, null, 'auth_config');
}

/** The request header that authenticates. @param config a checked configuration */
export function authHeader(type: AuthType, config: Record<string, string>): [name: string, value: string] | undefined {
  switch (type) {
    case 'none':
    case 'hmac':
      return undefined;
    case 'bearer_token':
      return ['authorization', `Bearer ${config.token}`];
    case 'basic':
      return ['authorization', `Basic ${Buffer.from(`${config.username}:${config.password}`).toString('base64')}`];
    case 'api_key':
      return [String(config.header).toLowerCase(), String(config.value)];
  }
}

/** Signing that stands in for authentication: as `signing_config` does it, the rest at its defaults. @param config a checked configuration */
export function hmacSigning(type: AuthType, config: Record<string, string>): SigningConfig | null {
  return type === 'hmac' ? readSigningConfig(config, null) : null;
}
