import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Hookstream } from '#libs/testing';

const run = promisify(execFile);
const DIRECTORY = 'apps/api/test/contract/samples';
const DOCUMENTED_HOST = 'https://hookstream.io';
/** Ids as the documentation makes them up. */
const DOCUMENTED_ID = /(dst_b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7|a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6)/g;

/** What a sample printed. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What stands in for a sample's placeholders. */
export interface Placeholders {
  /** The id in its path. */
  id?: string;
  /** Fields of its body; what is left out stays as documented. */
  fields?: Record<string, unknown>;
}

/** Runs a sample of the documentation as it is but for its placeholders. */
type Run = (hookstream: Hookstream, name: string, placeholders?: Placeholders) => Promise<Answer>;

/** By the language of the sample; `missing` says what this machine lacks to run it. */
export const LANGUAGES: Record<'curl' | 'fetch' | 'python' | 'go', { run: Run; missing: string | null }> = {
  curl: { run: runCurl, missing: null },
  fetch: { run: runFetch, missing: null },
  python: { run: runPython, missing: works('python3', '-c', 'import requests') ? null : 'python3 with requests' },
  go: { run: runGo, missing: works('go', 'version') ? null : 'go' },
};

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

/** Runs a curl command in a shell. */
export async function runCurl(hookstream: Hookstream, name: string, placeholders?: Placeholders): Promise<Answer> {
  const command = filled(hookstream, `${name}.curl.txt`, placeholders).replace(
    /^curl /,
    "curl -sS -w '\\n%{http_code}' ",
  );
  const { stdout } = await run('sh', ['-c', command]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end)), body: JSON.parse(stdout.slice(0, end)) as Answer['body'] };
}

async function runFetch(hookstream: Hookstream, name: string, placeholders?: Placeholders): Promise<Answer> {
  const program = filled(hookstream, `${name}.fetch.txt`, placeholders);
  const report = 'console.log(JSON.stringify({ status: response.status, body: data }));';
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `${program}\n${report}`]);
  return lastLine(stdout);
}

/** The documentation writes booleans as JSON does, which Python does not know. */
const JSON_LITERALS = 'true, false, null = True, False, None';

async function runPython(hookstream: Hookstream, name: string, placeholders?: Placeholders): Promise<Answer> {
  const program = filled(hookstream, `${name}.python.txt`, placeholders);
  const report = 'import json\nprint(json.dumps({"status": response.status_code, "body": response.json()}))';
  const { stdout } = await run('python3', ['-c', [JSON_LITERALS, program, report].join('\n')]);
  return lastLine(stdout);
}

async function runGo(hookstream: Hookstream, name: string, placeholders?: Placeholders): Promise<Answer> {
  const program = filled(hookstream, `${name}.go.txt`, placeholders);
  const report = 'fmt.Printf("{\\"status\\": %d, \\"body\\": %s}\\n", resp.StatusCode, result)';
  const directory = mkdtempSync(join(tmpdir(), 'hookstream-sample-'));
  const file = join(directory, 'main.go');
  writeFileSync(file, program.replace(/\}$/, `${report}\n}`));
  try {
    return lastLine((await run('go', ['run', file])).stdout);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What we print after what the sample prints. */
function lastLine(stdout: string): Answer {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Answer;
}

function filled({ url, apiKey }: Hookstream, file: string, { id, fields = {} }: Placeholders = {}): string {
  let sample = readFileSync(`${DIRECTORY}/${file}`, 'utf8').trimEnd();
  sample = sample.replaceAll(DOCUMENTED_HOST, url).replaceAll(/YOUR_API_TOKEN|\$HOOKSTREAM_API_KEY/g, apiKey);
  if (id) sample = sample.replace(DOCUMENTED_ID, id);
  for (const [name, value] of Object.entries(fields)) {
    const placeholder = new RegExp(String.raw`("${name}": )("string"|0|true|\{\}|\[[^\]]*\])`);
    if (!placeholder.test(sample)) throw new Error(`${file} has no placeholder for ${name}`);
    sample = sample.replace(placeholder, (_, key: string) => key + JSON.stringify(value));
  }
  return sample;
}
