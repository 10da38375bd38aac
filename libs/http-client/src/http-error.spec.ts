import { describe, expect, it } from '@jest/globals';
import { errors } from 'undici';
import { describeError } from './http-error.js';

const failed = (code: string) => Object.assign(new Error('text with https://example.com/?token=secret'), { code });

describe('describeError', () => {
  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ECONNRESET', 'connection_reset'],
    ['EPIPE', 'connection_reset'],
    ['HPE_INVALID_EOF_STATE', 'connection_reset'],
    ['ETIMEDOUT', 'timeout'],
    ['ENOTFOUND', 'dns_failure'],
    ['EAI_AGAIN', 'dns_failure'],
    ['CERT_HAS_EXPIRED', 'tls_error'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_error'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_error'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_error'],
    ['EPROTO', 'tls_error'],
    ['ERR_BLOCKED_TARGET', 'blocked_target'],
    ['HPE_HEADER_OVERFLOW', 'response_too_large'],
    ['HPE_INVALID_CONSTANT', 'protocol_error'],
    ['ERR_INVALID_CHAR', 'protocol_error'],
    ['ERR_INVALID_URL', 'invalid_url'],
    ['EHOSTUNREACH', 'connection_failed'],
    ['ESOMETHINGNEW', 'connection_failed'],
  ])('maps %s to %s', (code, cause) => {
    expect(describeError(failed(code))).toEqual({
      cause,
      message: expect.stringMatching(`^[A-Z].* \\(${code}\\)\\.$`),
    });
  });

  it.each([
    [new errors.SocketError('other side closed'), 'connection_reset'],
    [new errors.SocketError('bad response'), 'protocol_error'],
    [new errors.SocketError('bad upgrade'), 'protocol_error'],
    [new errors.ResponseContentLengthMismatchError(), 'connection_reset'],
    [new errors.ConnectTimeoutError(), 'timeout'],
    [new errors.HeadersOverflowError(), 'response_too_large'],
    [new errors.HTTPParserError('no code'), 'protocol_error'],
    [new errors.InvalidArgumentError('invalid x header'), 'protocol_error'],
    [new errors.ClientClosedError(), 'connection_failed'],
    [new Error('no code'), 'connection_failed'],
  ])('maps %p to %s', (error, cause) => {
    expect(describeError(error).cause).toBe(cause);
  });

  it("never repeats the error's own text", () => {
    expect(describeError(failed('ECONNRESET')).message).not.toContain('secret');
  });
});
