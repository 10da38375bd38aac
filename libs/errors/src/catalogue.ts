/** Every error the API answers: its HTTP status and the sentence a person reads. */
export const ERRORS = {
  invalid_body: { status: 400, sentence: 'The request body is not valid.' },
  invalid_query: { status: 400, sentence: 'The query is not valid.' },
  malformed_json: { status: 400, sentence: 'The request body is not valid JSON.' },
  no_fields: { status: 400, sentence: 'No fields to update.' },
  retry_refused: { status: 400, sentence: 'Retry failed: the delivery is already on its way.' },
  missing_key: { status: 401, sentence: 'Missing API key: send it in the X-API-Key header.' },
  invalid_key: { status: 401, sentence: 'Invalid API key.' },
  signature_mismatch: { status: 401, sentence: 'The webhook signature could not be verified.' },
  ip_blocked: { status: 403, sentence: 'This IP address may not send to this source.' },
  route_not_found: { status: 404, sentence: 'There is nothing at this path.' },
  source_not_found: { status: 404, sentence: 'Source not found.' },
  destination_not_found: { status: 404, sentence: 'Destination not found.' },
  connection_not_found: { status: 404, sentence: 'Connection not found.' },
  event_not_found: { status: 404, sentence: 'Event not found.' },
  attempt_not_found: { status: 404, sentence: 'Delivery attempt not found.' },
  environment_not_found: { status: 404, sentence: 'Environment not found.' },
  organization_not_found: { status: 404, sentence: 'Organization not found.' },
  slug_taken: { status: 409, sentence: 'This slug is already in use.' },
  body_too_large: { status: 413, sentence: 'The request body is too large.' },
  unsupported_encoding: { status: 415, sentence: 'This content encoding is not supported.' },
  schema_mismatch: { status: 422, sentence: 'The webhook does not fit the schema of its source.' },
  circuit_unavailable: { status: 503, sentence: 'The state of the circuit is out of reach; try again.' },
  not_durable: { status: 503, sentence: 'The event could not be stored; send it again.' },
  internal: { status: 500, sentence: 'Something went wrong on our side.' },
} as const;

export type ErrorCode = keyof typeof ERRORS;
