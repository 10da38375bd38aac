import { type LookupAddress } from 'node:dns';
import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { OUR_VECTORS, SVIX_VECTORS } from '../test/ssrf-vectors.js';
import { BlockedTargetError, TargetGuard } from './target-guard.js';

const guard = new TargetGuard();
const BLOCKED = 'must not point to a loopback, private or reserved address';

describe('TargetGuard.isBlocked', () => {
  it.each([...SVIX_VECTORS.ipBlocked, ...OUR_VECTORS.hostsBlocked, '168.63.129.16', 'example.com', ''])(
    'blocks %p',
    (ip) => {
      expect(guard.isBlocked(ip)).toBe(true);
    },
  );

  it.each(SVIX_VECTORS.ipAllowed)('lets %s through', (ip) => {
    expect(guard.isBlocked(ip)).toBe(false);
  });

  it.each([
    ['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0'],
    ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'],
    ['126.255.255.255', '127.0.0.0', '127.255.255.255', '128.0.0.0'],
    ['169.253.255.255', '169.254.0.0', '169.254.255.255', '169.255.0.0'],
    ['172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0'],
    ['192.167.255.255', '192.168.0.0', '192.168.255.255', '192.169.0.0'],
    ['198.17.255.255', '198.18.0.0', '198.19.255.255', '198.20.0.0'],
    ['::ffff:9.255.255.255', '::ffff:10.0.0.0', '::ffff:10.255.255.255', '::ffff:11.0.0.0'],
    ['2000:ffff:ffff::', '2001::', '2001:1ff:ffff::', '2001:200::'],
    ['2001:db7:ffff::', '2001:db8::', '2001:db8:ffff::', '2001:db9::'],
    ['2001:ffff::', '2002::', '2002:ffff:ffff::', '2003::'],
    ['3ffe:ffff::', '3fff::', '3fff:fff:ffff::', '3fff:1000::'],
  ])('after %s blocks from %s to %s, not %s', (before, first, last, after) => {
    expect([before, first, last, after].map((ip) => guard.isBlocked(ip))).toEqual([false, true, true, false]);
  });

  it('blocks an address with a zone, even in an allowed network', () => {
    expect(new TargetGuard(['fe80::/10']).isBlocked('fe80::1')).toBe(false);
    expect(new TargetGuard(['fe80::/10']).isBlocked('fe80::1%lo')).toBe(true);
  });

  it('opens allowed networks and nothing else', () => {
    const open = new TargetGuard(['127.0.0.0/8', '::1/128', '10.1.0.0/16']);
    for (const ip of ['127.0.0.1', '::ffff:127.0.0.1', '::1', '10.1.2.3']) expect(open.isBlocked(ip)).toBe(false);
    for (const ip of ['10.2.0.1', '::ffff:10.2.0.1', '::2', '192.168.0.1']) expect(open.isBlocked(ip)).toBe(true);
  });

  it('does not open IPv4 addresses with an IPv6 network', () => {
    const open = new TargetGuard(['::/0']);
    expect(open.isBlocked('fd00::1')).toBe(false);
    expect(open.isBlocked('10.0.0.1')).toBe(true);
    expect(open.isBlocked('::ffff:10.0.0.1')).toBe(true);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '::1/129', 'localhost/8', '10.0.0.0/8/8'])(
    'refuses %p as a network, without repeating it',
    (cidr) => {
      expect(() => new TargetGuard(['127.0.0.0/8', cidr])).toThrow(/is not in CIDR notation/);
      expect(() => new TargetGuard([cidr])).not.toThrow(cidr);
    },
  );
});

describe('TargetGuard.checkUrl', () => {
  it.each(Object.entries(SVIX_VECTORS.urlBlocked))('judges %s: blocked %p', (url, blocked) => {
    expect(guard.checkUrl(url) !== undefined).toBe(blocked);
  });

  it.each([...SVIX_VECTORS.urlMustNotParse, 'http://', 'https://?a', '/path', '//example.com', 'example.com/hook', ''])(
    'refuses %p, which is not an absolute URL',
    (url) => {
      expect(guard.checkUrl(url)).toBe('must be an absolute URL with a host, such as https://example.com/webhooks');
    },
  );

  it.each(OUR_VECTORS.hostsBlocked)('refuses %s as a host', (host) => {
    expect(guard.checkUrl(`http://${isIPv6(host) ? `[${host}]` : host}/`)).toBe(BLOCKED);
  });

  it.each(['http://127.0.0.1./', 'http://１２７.0.0.1/', 'http://%31%32%37.1/', 'http:\\\\10.0.0.1', 'http:10.0.0.1'])(
    'refuses %s, which hides an address',
    (url) => {
      expect(guard.checkUrl(url)).toBe(BLOCKED);
    },
  );

  it.each(['http://localhost:3000/', 'http://LOCALHOST./', 'http://api.localhost/'])('refuses %s', (url) => {
    expect(guard.checkUrl(url)).toBe(BLOCKED);
    expect(new TargetGuard(['127.0.0.0/8']).checkUrl(url)).toBeUndefined();
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'javascript:alert(1)',
    'example.com:80',
  ])('refuses the scheme of %s', (url) => {
    expect(guard.checkUrl(url)).toBe('must start with https:// or http://');
  });

  it.each(['https://user@example.com/', 'https://user:secret@example.com/', 'https://:secret@example.com/'])(
    'refuses user info in %s',
    (url) => {
      expect(guard.checkUrl(url)).toBe('must not contain a user name or password');
    },
  );

  it('refuses more than 2,048 characters', () => {
    const url = 'https://example.com/'.padEnd(2048, 'a');
    expect(guard.checkUrl(url)).toBeUndefined();
    expect(guard.checkUrl(`${url}a`)).toBe('must not be longer than 2048 characters');
  });

  it.each([
    'https://example.com',
    'http://example.com:8080/a?b=c#d',
    'https://localhost.example.com/',
    'https://[2606:4700::1]/',
  ])('accepts %s', (url) => {
    expect(guard.checkUrl(url)).toBeUndefined();
  });
});

describe('TargetGuard.lookup', () => {
  const PUBLIC: LookupAddress = { address: '93.184.215.14', family: 4 };
  const PRIVATE: LookupAddress = { address: '10.0.0.1', family: 4 };

  const lookup = (target: TargetGuard, all: boolean) =>
    new Promise<unknown>((resolve) => {
      target.lookup('example.com', { all }, (error, address, family) =>
        resolve(error ?? (all ? address : [address, family])),
      );
    });

  it('answers only the addresses that are not blocked, in order', async () => {
    const mixed = new TargetGuard([], () => Promise.resolve([PRIVATE, PUBLIC, { address: '::1', family: 6 }]));
    await expect(lookup(mixed, true)).resolves.toEqual([PUBLIC]);
    await expect(lookup(mixed, false)).resolves.toEqual([PUBLIC.address, 4]);
  });

  it('judges a name again each time it is resolved', async () => {
    const answers = [[PUBLIC], [PRIVATE]];
    const rebinding = new TargetGuard([], () => Promise.resolve(answers.shift() ?? []));
    await expect(lookup(rebinding, true)).resolves.toEqual([PUBLIC]);
    await expect(lookup(rebinding, true)).resolves.toBeInstanceOf(BlockedTargetError);
  });

  it('asks the resolver once for concurrent questions, and again afterwards', async () => {
    let questions = 0;
    const counting = new TargetGuard([], () => {
      questions += 1;
      return Promise.resolve([PUBLIC]);
    });
    await Promise.all([lookup(counting, true), lookup(counting, false), lookup(counting, true)]);
    expect(questions).toBe(1);
    await lookup(counting, true);
    expect(questions).toBe(2);
  });

  it("hands on the resolver's error and asks again the next time", async () => {
    const answers = [Promise.reject(new Error('no such host')), Promise.resolve([PUBLIC])];
    const failing = new TargetGuard([], () => answers.shift()!);
    await expect(lookup(failing, true)).resolves.toEqual(new Error('no such host'));
    await expect(lookup(failing, true)).resolves.toEqual([PUBLIC]);
  });
});
