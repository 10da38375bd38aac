import { randomUUID } from 'node:crypto';
import { type NextFunction, type Request, type Response } from 'express';

const REQUEST_ID = 'X-Request-Id';

/** Gives every request an id, in the answer's header and in error bodies: `req_` and 12 hex digits. */
export function requestId(_request: Request, response: Response, next: NextFunction): void {
  // The last group of a random UUID is 12 random hex digits, drawn from a pool.
  response.setHeader(REQUEST_ID, `req_${randomUUID().slice(24)}`);
  next();
}

/** The id that {@link requestId} gave. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader(REQUEST_ID));
}
