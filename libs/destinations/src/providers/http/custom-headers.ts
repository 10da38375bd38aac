import { ApiError } from '#libs/errors';
import { isReservedHeader, isReservedMessageHeader } from './forwarded-headers.js';

/** RFC 9110 §5.6.2, token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5: tab, visible ASCII and the upper half of Latin-1. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Checks the custom headers of a destination.
 *
 * @throws ApiError `invalid_body` naming the header that cannot be sent
 */
export function checkCustomHeaders(headers: Record<string, string>, isReserved = isReservedHeader): void {
  for (const [name, value] of Object.entries(headers)) {
    checkHeaderName(`headers.${name}`, name, isReserved);
    if (!isHeaderValue(value)) throw ApiError.invalidField(`headers.${name}`, 'must be text that a header can carry');
  }
}

/**
 * Checks the custom headers of an endpoint: {@link checkCustomHeaders}, and none by which receivers verify messages.
 *
 * @throws ApiError `invalid_body` naming the header that cannot be sent
 */
export function checkMessageHeaders(headers: Record<string, string>): void {
  checkCustomHeaders(headers, isReservedMessageHeader);
}

/** @param field what the error names. @throws ApiError `invalid_body` when this header may not be set */
export function checkHeaderName(field: string, name: string, isReserved = isReservedHeader): void {
  if (!HEADER_NAME.test(name)) throw ApiError.invalidField(field, 'is not a valid header name');
  if (isReserved(name.toLowerCase())) throw ApiError.invalidField(field, 'is set by hookstream and cannot be replaced');
}

/** Whether a header can carry this value. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && HEADER_VALUE.test(value);
}
