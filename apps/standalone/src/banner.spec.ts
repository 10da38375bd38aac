import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { type ApiKeyNote, bannerText, curlLines } from './banner.js';

const KEY = `hs_live_${'0a'.repeat(32)}`;
const SOURCE_ID = '0198'.repeat(8);

describe('the banner', () => {
  const banner = (apiKey: ApiKeyNote, allowedTargets = '127.0.0.0/8') =>
    bannerText({ url: 'http://127.0.0.1:3000', apiKey, dataDirectory: '/srv/data', allowedTargets, seconds: 4.25 });

  it('says where everything is', () => {
    const text = banner({ kind: 'new', key: KEY });
    for (const part of ['http://127.0.0.1:3000/v1', 'http://127.0.0.1:3000/docs', KEY, '/srv/data', '127.0.0.0/8']) {
      expect(text).toContain(part);
    }
  });

  it('does not show a key a second time', () => {
    expect(banner({ kind: 'shown', when: '2026-11-21 09:55 UTC', isIgnored: false })).toContain('2026-11-21 09:55 UTC');
    expect(banner({ kind: 'shown', when: undefined, isIgnored: true })).toContain(
      'HOOKSTREAM_API_KEY is used for a new',
    );
    expect(banner({ kind: 'given' })).not.toContain('hs_live_');
  });

  it('says when no private network is open', () => {
    expect(banner({ kind: 'given' }, '')).toContain('public addresses only');
  });

  it('has three lines that work when they are pasted into a shell', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-api-key'] === KEY}`);
      request.resume();
      response.end(JSON.stringify({ source: { org_id: '1', id: SOURCE_ID, name: 'Demo', slug: 'demo-1' } }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const lines = curlLines(url, { kind: 'new', key: KEY });
    const { stdout } = await promisify(execFile)('sh', ['-c', lines.join('\n')]);
    server.close();

    expect(stdout).toContain(`source ${SOURCE_ID}\n`);
    expect(seen).toEqual([
      'POST /v1/sources true',
      `POST /v1/ingest/${SOURCE_ID} false`,
      `GET /v1/events?source_id=${SOURCE_ID} true`,
    ]);
  });
});
