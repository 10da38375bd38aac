import { type OpenAPIObject } from '@nestjs/swagger';
import { describeError } from '../http/error.view.js';
import { codeSamples, type CodeSample } from './code-samples.js';
import { completeExamples, sampleBody, type Schemas } from './schemas.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']> & { 'x-codeSamples'?: CodeSample[] };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
/** What a route for all methods also takes; nobody sends webhooks with them. */
const UNDOCUMENTED = ['options', 'head', 'trace', 'search', 'query'];
/** Where `npm start` serves the API. */
const SERVER = 'http://localhost:3000';
const JSON_TYPE = 'application/json';

/** Adds to a generated document what follows from the rest of it: errors that all have in common, examples, samples of requests. */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  const schemas = document.components?.schemas ?? {};
  completeExamples(schemas);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of UNDOCUMENTED) delete (item as Record<string, unknown>)[method];
    for (const method of METHODS) {
      const operation: Operation | undefined = item[method];
      if (operation) completeOperation(operation, method, path, schemas);
    }
  }
  return document;
}

function completeOperation(operation: Operation, method: string, path: string, schemas: Schemas): void {
  const keyed = path.startsWith('/v1/') && !operation.security?.some((needed) => Object.keys(needed).length === 0);
  if (!keyed) operation.security = [];
  if (method === 'get') delete operation.requestBody;
  addErrors(operation, keyed ? [401, 403, 429] : []);
  describeAnswers(operation);
  const body = addSampleBody(operation, schemas);
  const url = SERVER + path.replace(/\{(\w+)\}/g, (_, name: string) => exampleOfParameter(operation, name));
  const answered = !operation.responses['204'];
  operation['x-codeSamples'] = codeSamples({ method: method.toUpperCase(), url, keyed, body, answered });
}

function addErrors(operation: Operation, common: number[]): void {
  const statuses = operation.requestBody ? [...common, 413] : common;
  for (const status of statuses) operation.responses[status] ??= describeError(status);
}

/** Says of a success what it is, where the controller says nothing else. */
function describeAnswers({ summary = '', responses }: Operation): void {
  const [verb = '', ...words] = summary.split(' ');
  const what = words.join(' ').replace(/^(an?|the) /, '');
  const answers: Record<string, string> = {
    List: `The ${what}`,
    Get: `The ${what}`,
    Create: `The new ${what}`,
    Update: `The ${what} as it is now`,
    Delete: `The ${what} is deleted`,
  };
  for (const answer of Object.values(responses)) {
    if (answer && !('$ref' in answer)) answer.description ||= answers[verb] ?? 'Done';
  }
}

/** @returns the body that samples send; undefined for none */
function addSampleBody({ requestBody }: Operation, schemas: Schemas): unknown {
  if (!requestBody || '$ref' in requestBody) return undefined;
  const content = requestBody.content[JSON_TYPE];
  if (!content?.schema) return undefined;
  content.example ??= sampleBody(schemas, content.schema);
  return content.example as unknown;
}

/** The decorator puts the example into the schema. */
function exampleOfParameter({ parameters = [] }: Operation, name: string): string {
  const parameter = parameters.find((candidate) => 'name' in candidate && candidate.name === name);
  const schema = parameter && 'schema' in parameter ? parameter.schema : undefined;
  const example: unknown = schema && 'example' in schema ? schema.example : undefined;
  return typeof example === 'string' ? example : name;
}
