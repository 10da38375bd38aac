import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Hookstream, startApi } from '#libs/testing';

const COMMITTED = 'docs/openapi.json';

interface Operation {
  summary?: string;
  tags?: string[];
  responses: Record<string, unknown>;
}

describe('The OpenAPI document', () => {
  let hookstream: Hookstream;
  let document: { paths: Record<string, Record<string, Operation>> };

  beforeAll(async () => {
    hookstream = await startApi();
    document = (await (await fetch(`${hookstream.url}/openapi.json`)).json()) as typeof document;
  });
  afterAll(() => hookstream.stop());

  it('is the committed one (UPDATE_OPENAPI=1 npm test -- openapi writes it)', () => {
    if (process.env.UPDATE_OPENAPI) writeFileSync(COMMITTED, `${JSON.stringify(document, null, 2)}\n`);
    expect(document).toEqual(JSON.parse(readFileSync(COMMITTED, 'utf8')));
  });

  it('says of every operation what it does and what it answers', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThan(20);
    for (const operation of operations) {
      expect(operation).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
    }
  });

  it('has a playground', async () => {
    const response = await fetch(`${hookstream.url}/docs`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('swagger-ui');
  });
});
