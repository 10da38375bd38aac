/** Who publishes, from the file that Google Cloud hands out. */
export interface ServiceAccount {
  email: string;
  /** PEM. */
  privateKey: string;
  privateKeyId: string | undefined;
  tokenUrl: string;
}

const TOKEN_URL = 'https://oauth2.googleapis.com/token';

/** @returns undefined when it is not the key of a service account */
export function readServiceAccount(json: string): ServiceAccount | undefined {
  try {
    const { client_email, private_key, private_key_id, token_uri } = (JSON.parse(json) ?? {}) as Record<
      string,
      unknown
    >;
    if (typeof client_email !== 'string' || typeof private_key !== 'string') return undefined;
    return {
      email: client_email,
      privateKey: private_key,
      privateKeyId: typeof private_key_id === 'string' ? private_key_id : undefined,
      tokenUrl: typeof token_uri === 'string' ? token_uri : TOKEN_URL,
    };
  } catch {
    return undefined;
  }
}
