import { type Method } from './client.js';

/** What of JSON Schema the document uses. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  example?: unknown;
  description?: string;
  allOf?: Schema[];
}

interface Parameter {
  name: string;
  in: string;
  description?: string;
  example?: unknown;
  schema?: Schema;
}

interface Content {
  schema?: Schema;
  example?: unknown;
}

interface Answer {
  description?: string;
  content?: Record<string, Content>;
}

export interface DocumentedOperation {
  summary?: string;
  tags?: string[];
  security?: object[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Answer>;
  'x-codeSamples'?: { lang: string; source: string }[];
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
  tags: { name: string }[];
}

/** An operation of the API. */
export interface ApiOperation {
  method: Method;
  /** With `{parameters}`, without `/v1`. */
  path: string;
  /** What its body is like, if it takes one. */
  body?: Schema;
  /** A body as the document shows one. */
  sample?: Record<string, unknown>;
}

/** The document that a running api serves. */
export async function fetchDocument(url: string): Promise<OpenApiDocument> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
}

/** Every operation under `/v1` in the document that a running api serves. */
export async function documentedOperations(url: string): Promise<ApiOperation[]> {
  const document = await fetchDocument(url);
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { requestBody }]) => ({
        method: method as Method,
        path: path.slice('/v1'.length),
        body: requestBody && resolved(requestBody.content['application/json']?.schema ?? {}, document),
        sample: requestBody?.content['application/json']?.example as Record<string, unknown> | undefined,
      })),
    );
}

/** Without references. */
function resolved(schema: Schema, document: OpenApiDocument): Schema {
  const [, name] = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '') ?? [];
  return name ? resolved(document.components.schemas[name] ?? {}, document) : schema;
}
