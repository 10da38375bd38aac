import { type HttpErrorCause } from './http-outcome.js';

const SENTENCES: Record<HttpErrorCause, string> = {
  timeout: 'The connection timed out',
  connection_refused: 'The receiver refused the connection',
  connection_reset: 'The receiver closed the connection before the response was complete',
  dns_failure: 'The host name could not be resolved',
  tls_error: 'No trusted TLS connection could be made',
  blocked_target: 'The target is in a network that may not be called',
  response_too_large: 'The response headers are too large',
  invalid_url: 'The URL is not valid',
  protocol_error: 'The receiver did not answer with valid HTTP',
  connection_failed: 'The connection failed',
};

/** Codes of Node (errno, `ERR_…`), undici (`UND_ERR_…`), llhttp (`HPE_…`) and OpenSSL's certificate verification. */
const CAUSES: Record<string, HttpErrorCause> = {
  ECONNREFUSED: 'connection_refused',

  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  // Fewer bytes than content-length promised, or an unfinished chunked body: the receiver hung up in the middle.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection_reset',
  HPE_INVALID_EOF_STATE: 'connection_reset',

  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',

  ENOTFOUND: 'dns_failure',
  ENODATA: 'dns_failure',
  ESERVFAIL: 'dns_failure',
  EREFUSED: 'dns_failure',
  ETIMEOUT: 'dns_failure', // c-ares; the kernel's is ETIMEDOUT
  ERR_INVALID_IP_ADDRESS: 'dns_failure',

  EPROTO: 'tls_error',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_error',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_error',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_error',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_error',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_error',
  UNABLE_TO_GET_CRL: 'tls_error',
  HOSTNAME_MISMATCH: 'tls_error',
  INVALID_CA: 'tls_error',
  INVALID_PURPOSE: 'tls_error',
  PATH_LENGTH_EXCEEDED: 'tls_error',

  ERR_BLOCKED_TARGET: 'blocked_target',

  UND_ERR_HEADERS_OVERFLOW: 'response_too_large',
  HPE_HEADER_OVERFLOW: 'response_too_large',

  ERR_INVALID_URL: 'invalid_url',

  UND_ERR_INVALID_ARG: 'protocol_error',
  UND_ERR_NOT_SUPPORTED: 'protocol_error',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'protocol_error',

  EHOSTUNREACH: 'connection_failed',
  ENETUNREACH: 'connection_failed',
  EADDRNOTAVAIL: 'connection_failed',
  EMFILE: 'connection_failed',
  UND_ERR_CLOSED: 'connection_failed',
  UND_ERR_DESTROYED: 'connection_failed',
};

const CAUSES_BY_PREFIX: [prefix: string, cause: HttpErrorCause][] = [
  ['HPE_', 'protocol_error'],
  ['ERR_INVALID_', 'protocol_error'],
  ['EAI_', 'dns_failure'],
  ['ERR_TLS_', 'tls_error'],
  ['ERR_SSL_', 'tls_error'],
  ['CERT_', 'tls_error'],
  ['CRL_', 'tls_error'],
];

/** The request, not the response, is what HTTP does not allow. */
const OUR_REQUEST = /^(UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_)|ERR_INVALID_)/;

/** Names the cause of a failed exchange and says it in a sentence that carries the error's code but never its text. */
export function describeError(error: Error & { code?: unknown }): { cause: HttpErrorCause; message: string } {
  const code = typeof error.code === 'string' ? error.code : '';
  const cause = causeOf(code, error);
  const refusedHere = cause === 'protocol_error' && OUR_REQUEST.test(code);
  const sentence = refusedHere ? 'The request has a method or header that cannot be sent' : SENTENCES[cause];
  return { cause, message: code ? `${sentence} (${code}).` : `${sentence}.` };
}

function causeOf(code: string, error: Error): HttpErrorCause {
  // undici has no code for these two: an answer to a question nobody asked (or `100 Continue`), and `101 Switching Protocols`.
  if (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(error.message)) return 'protocol_error';
  // undici 8.12 means to set `HPE_…` here, but looks the name up in a table of numbers. The reason is in the text.
  if (error.name === 'HTTPParserError' && code === '') {
    return error.message.includes('Invalid EOF state') ? 'connection_reset' : 'protocol_error';
  }
  return CAUSES[code] ?? CAUSES_BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'connection_failed';
}
