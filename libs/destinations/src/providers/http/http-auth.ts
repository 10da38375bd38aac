import { ApiError } from '#libs/errors';
import { type AuthType } from '../../destination.entity.js';
import { checkHeaderName, isHeaderValue } from './custom-headers.js';

const REQUIRED: Record<AuthType, string[]> = {
  none: [],
  bearer_token: ['token'],
  basic: ['username', 'password'],
  api_key: ['header', 'value'],
};

/** Whether a field of `auth_config` is masked in answers: neither the header's name nor the user's is a secret. */
export function isAuthSecret(name: string): boolean {
  return name !== 'header' && name !== 'username';
}

/**
 * @param config `{token}` for bearer_token, `{username, password}` for basic, `{header, value}` for api_key
 * @throws ApiError `invalid_body` naming the field of `auth_config` that is missing or wrong
 */
export function checkAuth(type: AuthType, config: Record<string, unknown>): void {
  for (const name of REQUIRED[type]) {
    const value = config[name];
    if (typeof value !== 'string' || value === '') {
      throw ApiError.invalidField(`auth_config.${name}`, `is needed when auth_type is ${type}`);
    }
    if (type !== 'basic' && !isHeaderValue(value)) {
      throw ApiError.invalidField(`auth_config.${name}`, 'must be text that a header can carry');
    }
  }
  const unknown = Object.keys(config).find((name) => !REQUIRED[type].includes(name));
  if (unknown) throw ApiError.invalidField(`auth_config.${unknown}`, `is not known when auth_type is ${type}`);
  if (type === 'api_key') checkHeaderName('auth_config.header', config.header as string);
}

/** The request header that authenticates. @param config a checked configuration */
export function authHeader(type: AuthType, config: Record<string, string>): [name: string, value: string] | undefined {
  switch (type) {
    case 'none':
      return undefined;
    case 'bearer_token':
      return ['authorization', `Bearer ${config.token}`];
    case 'basic':
      return ['authorization', `Basic ${Buffer.from(`${config.username}:${config.password}`).toString('base64')}`];
    case 'api_key':
      return [String(config.header).toLowerCase(), String(config.value)];
  }
}
