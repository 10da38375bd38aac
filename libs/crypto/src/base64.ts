/** @returns undefined unless the text is base64 as RFC 4648 §4 writes it: padded, and the only way to write these bytes */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
