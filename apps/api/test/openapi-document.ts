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
  allOf?: Schema[];
}

interface DocumentedOperation {
  requestBody?: { content: Record<string, { schema: Schema }> };
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
}

/** An operation of the API. */
export interface ApiOperation {
  method: Method;
  /** With `{parameters}`, without `/v1`. */
  path: string;
  /** What its body is like, if it takes one. */
  body?: Schema;
}

/** Every operation under `/v1` in the document that a running api serves. */
export async function documentedOperations(url: string): Promise<ApiOperation[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { requestBody }]) => ({
        method: method as Method,
        path: path.slice('/v1'.length),
        body: requestBody && resolved(requestBody.content['application/json']?.schema ?? {}, document),
      })),
    );
}

/** Without references. */
function resolved(schema: Schema, document: OpenApiDocument): Schema {
  const [, name] = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '') ?? [];
  return name ? resolved(document.components.schemas[name] ?? {}, document) : schema;
}

/** A body that is accepted, made of the documented examples: the required fields, or any one when none is. */
export function exampleBody({ properties = {}, required = [] }: Schema): Record<string, unknown> {
  const settings = Object.keys(properties).filter((name) => name !== 'org_id' && name !== 'env_id');
  const names = required.length > 0 ? required : settings.slice(0, 1);
  return Object.fromEntries(names.map((name) => [name, properties[name]?.example]));
}
