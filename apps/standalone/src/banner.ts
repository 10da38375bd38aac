/** What a person who has just started hookstream wants to know. */
export interface Banner {
  /** base URL, without a slash at the end */
  url: string;
  apiKey: ApiKeyNote;
  dataDirectory: string;
  /** CIDRs, comma separated; empty for none */
  allowedTargets: string;
  /** since the start, seconds */
  seconds: number;
}

/**
 * `new`: shown now and never again. `given`: from HOOKSTREAM_API_KEY. `shown`: an earlier start showed or took it;
 * `isIgnored` when HOOKSTREAM_API_KEY is set all the same.
 */
export type ApiKeyNote =
  { kind: 'new'; key: string } | { kind: 'given' } | { kind: 'shown'; when: string | undefined; isIgnored: boolean };

/** The text that ends a start. */
export function bannerText(banner: Banner): string {
  const { url, apiKey, dataDirectory, allowedTargets, seconds } = banner;
  return `
hookstream is ready (${seconds.toFixed(1)} s)

  API         ${url}/v1
  Playground  ${url}/docs
  API key     ${keyLine(apiKey)}
  Data        ${dataDirectory}
  Targets     ${targetsLine(allowedTargets)}

Paste these three lines into another terminal: create a source, send it a webhook, see what arrived.

${curlLines(url, apiKey).join('\n')}

Ctrl-C stops everything; the data stays.
`;
}

/** Three lines for any shell, with nothing but curl and sed; they can be pasted again and again. */
export function curlLines(url: string, apiKey: ApiKeyNote): [string, string, string] {
  const json = `-H 'Content-Type: application/json'`;
  // Slugs are unique: the time makes one that is free.
  const source = `-d '{"name":"Demo","slug":"demo-'$(date +%s)'"}'`;
  const id = `sed -n 's/.*"id":"\\([0-9a-f]\\{32\\}\\)".*/\\1/p'`;
  return [
    `KEY=${keyWord(apiKey)}; SRC=$(curl -s "${url}/v1/sources" -H "X-API-Key: $KEY" ${json} ${source} | ${id}); echo "source $SRC"`,
    `curl -s "${url}/v1/ingest/$SRC" ${json} -d '{"hello":"world"}'; echo`,
    `curl -s "${url}/v1/events?source_id=$SRC" -H "X-API-Key: $KEY"; echo`,
  ];
}

function keyWord(apiKey: ApiKeyNote): string {
  switch (apiKey.kind) {
    case 'new':
      return apiKey.key;
    case 'given':
      return '$HOOKSTREAM_API_KEY';
    case 'shown':
      return 'your-key';
  }
}

function keyLine(apiKey: ApiKeyNote): string {
  switch (apiKey.kind) {
    case 'new':
      return `${apiKey.key}  (shown only this once: keep it)`;
    case 'given':
      return 'the one in HOOKSTREAM_API_KEY';
    case 'shown': {
      const where = apiKey.when ? `shown at the first start, ${apiKey.when}` : 'made earlier, with the database';
      return where + (apiKey.isIgnored ? '; HOOKSTREAM_API_KEY is used for a new database only' : '');
    }
  }
}

function targetsLine(allowedTargets: string): string {
  if (allowedTargets === '') return 'public addresses only (HOOKSTREAM_ALLOWED_TARGETS is empty)';
  return `public addresses and ${allowedTargets} (HOOKSTREAM_ALLOWED_TARGETS)`;
}
