import { isUtf8 } from 'node:buffer';

/** A body as stored: text when it is UTF-8 without NUL (which PostgreSQL's text refuses), bytes otherwise; neither once it is removed. */
export interface StoredBody {
  text: string | null;
  bytes: Buffer | null;
}

/** Whether somebody has removed the body; one that is empty is there. */
export function isRemoved(stored: StoredBody): boolean {
  return stored.text === null && stored.bytes === null;
}

/** Whether the body can be stored as text and read back byte for byte. */
export function isText(body: Buffer): boolean {
  return isUtf8(body) && !body.includes(0);
}

/** The exact bytes received. */
export function bodyBytes(stored: StoredBody): Buffer {
  return stored.bytes ?? Buffer.from(stored.text ?? '', 'utf8');
}

/** The body for people: text as it is, bytes as base64. */
export function bodyText(stored: StoredBody): string {
  return stored.text ?? stored.bytes?.toString('base64') ?? '';
}
