/** A request as the samples make it. */
interface SampleRequest {
  /** In capitals. */
  method: string;
  url: string;
  /** Whether it needs a key. */
  keyed: boolean;
  /** Undefined when it has none. */
  body: unknown;
  /** Whether it is answered with a document. */
  answered: boolean;
}

/** As documentation tools read them, see https://redocly.com/docs-legacy/api-reference-docs/specification-extensions/x-code-samples */
export interface CodeSample {
  lang: string;
  label: string;
  source: string;
}

const LANGUAGES: [lang: string, label: string, write: (request: SampleRequest) => string][] = [
  ['Shell', 'curl', curl],
  ['JavaScript', 'JavaScript', javaScript],
  ['Python', 'Python', python],
  ['Go', 'Go', go],
];

/** The same request in every language. */
export function codeSamples(request: SampleRequest): CodeSample[] {
  return LANGUAGES.map(([lang, label, write]) => ({ lang, label, source: write(request) }));
}

function headersOf({ keyed, body }: SampleRequest): [name: string, value: string][] {
  return [
    ...(keyed ? ([['X-API-Key', 'YOUR_API_KEY']] as [string, string][]) : []),
    ...(body === undefined ? [] : ([['Content-Type', 'application/json']] as [string, string][])),
  ];
}

function curl(request: SampleRequest): string {
  const { method, url, body } = request;
  const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return [
    `curl -X ${method} ${quoted(url)}`,
    ...headersOf(request).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(json(body))}`]),
  ].join(' \\\n  ');
}

function javaScript(request: SampleRequest): string {
  const { method, url, body, answered } = request;
  const options = [
    `method: '${method}'`,
    `headers: ${indented(json(Object.fromEntries(headersOf(request))))}`,
    ...(body === undefined ? [] : [`body: JSON.stringify(${indented(json(body))})`]),
  ];
  const read = answered ? 'const data = await response.json();\nconsole.log(data);' : 'console.log(response.status);';
  return `const response = await fetch('${url}', {\n  ${options.join(',\n  ')}\n});\n${read}`;
}

function python(request: SampleRequest): string {
  const { method, url, body, answered } = request;
  const given = [
    `'${url}'`,
    `headers=${indented(pythonLiteral(Object.fromEntries(headersOf(request))))}`,
    ...(body === undefined ? [] : [`json=${indented(pythonLiteral(body))}`]),
  ];
  return `import requests\n\nresponse = requests.${method.toLowerCase()}(\n  ${given.join(',\n  ')}\n)\nprint(response.${answered ? 'json()' : 'status_code'})`;
}

function go(request: SampleRequest): string {
  const { method, url, body } = request;
  const packages = ['fmt', 'io', 'net/http', ...(body === undefined ? [] : ['strings'])];
  return [
    'package main\n',
    `import (\n${packages.map((name) => `\t"${name}"`).join('\n')}\n)\n`,
    'func main() {',
    ...(body === undefined ? [] : [`\tbody := strings.NewReader(\`${json(body)}\`)`]),
    `\treq, _ := http.NewRequest("${method}", "${url}", ${body === undefined ? 'nil' : 'body'})`,
    ...headersOf(request).map(([name, value]) => `\treq.Header.Set("${name}", "${value}")`),
    '\tresp, _ := http.DefaultClient.Do(req)',
    '\tdefer resp.Body.Close()',
    '\tresult, _ := io.ReadAll(resp.Body)',
    '\tfmt.Println(string(result))\n}',
  ].join('\n');
}

const json = (value: unknown) => JSON.stringify(value, null, 2);

const indented = (text: string) => text.replaceAll('\n', '\n  ');

/** Strings, numbers and containers are written as in JSON. */
function pythonLiteral(value: unknown): string {
  const literals: [unknown, string][] = [
    [true, 'True'],
    [false, 'False'],
    [null, 'None'],
  ];
  const literal = literals.find(([known]) => known === value)?.[1];
  if (literal) return literal;
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value as object).map(
    ([name, inner]) => `${JSON.stringify(name)}: ${pythonLiteral(inner)}`,
  );
  return members.length > 0 ? indented(`{\n${members.join(',\n')}`) + '\n}' : '{}';
}
