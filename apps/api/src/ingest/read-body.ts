import { type Request } from 'express';
import { ApiError } from '#libs/errors';

/**
 * Reads a body exactly as it was sent: not decoded, not decompressed.
 *
 * @param maxBytes largest size accepted
 * @throws ApiError `body_too_large` as soon as that is known; `invalid_body` when the sender went away
 */
export function readBody(request: Request, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refuse = () => {
      request.pause();
      reject(new ApiError('body_too_large', { sentence: `The webhook is larger than ${maxBytes} bytes` }));
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      refuse();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.removeAllListeners('data');
        refuse();
      } else {
        chunks.push(chunk);
      }
    });
    const endedEarly = () => reject(new ApiError('invalid_body', { sentence: 'The request ended too early' }));
    request.once('error', endedEarly);
    request.once('close', endedEarly);
    request.once('end', () => {
      request.off('close', endedEarly);
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    });
  });
}
