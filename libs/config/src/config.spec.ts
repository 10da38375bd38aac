import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, loadDatabaseUrl } from './config.js';

const valid = {
  DATABASE_URL: 'postgres://app@127.0.0.1:5432/app',
  REDIS_URL: 'redis://127.0.0.1:6379',
  HOOKSTREAM_KEYRING: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
};

describe('loadConfig', () => {
  it('fills in defaults', () => {
    const config = loadConfig(3000, valid);
    expect(config).toMatchObject({ PORT: 3000, HOST: '0.0.0.0', HOOKSTREAM_ALLOWED_TARGETS: [], LOG_LEVEL: 'info' });
  });

  it('reads numbers and lists', () => {
    const config = loadConfig(3000, { ...valid, PORT: '8080', HOOKSTREAM_ALLOWED_TARGETS: '10.0.0.0/8, ::1/128' });
    expect(config.PORT).toBe(8080);
    expect(config.HOOKSTREAM_ALLOWED_TARGETS).toEqual(['10.0.0.0/8', '::1/128']);
  });

  it('treats an empty variable as absent', () => {
    expect(loadConfig(3000, { ...valid, PORT: '' }).PORT).toBe(3000);
  });

  it('reads limits of plans', () => {
    const limits = ['free.sources=20', 'self_hosted.events=unlimited'];
    const load = (text: string) => loadConfig(3000, { ...valid, HOOKSTREAM_PLAN_LIMITS: text }).HOOKSTREAM_PLAN_LIMITS;
    expect(load(limits.join(', '))).toEqual(limits);
    for (const bad of ['free', 'free.sources', 'free.sources=-1', 'gold.sources=1', 'free.gold=1', 'free.sources=1;']) {
      expect(() => load(bad)).toThrow('HOOKSTREAM_PLAN_LIMITS');
    }
  });

  it('reads a flag', () => {
    const load = (text: string) =>
      loadConfig(3000, { ...valid, HOOKSTREAM_AWS_DEFAULT_CREDENTIALS: text }).HOOKSTREAM_AWS_DEFAULT_CREDENTIALS;
    expect([load(''), load('false'), load('true')]).toEqual([false, false, true]);
    expect(() => load('yes')).toThrow('HOOKSTREAM_AWS_DEFAULT_CREDENTIALS: must be true or false');
  });

  it('names every bad variable and prints no value', () => {
    const bad = { DATABASE_URL: 'hunter2', HOOKSTREAM_KEYRING: 'k1:c2VjcmV0', PORT: 'eighty', LOG_LEVEL: 'loud' };
    const load = () => loadConfig(3000, bad);
    expect(load).toThrow(ConfigError);
    for (const name of ['DATABASE_URL', 'REDIS_URL', 'HOOKSTREAM_KEYRING', 'PORT', 'LOG_LEVEL']) {
      expect(load).toThrow(name);
    }
    for (const value of ['hunter2', 'c2VjcmV0', 'eighty', 'loud']) expect(load).not.toThrow(value);
  });

  it('reads the database URL without asking for the rest', () => {
    expect(loadDatabaseUrl({ DATABASE_URL: valid.DATABASE_URL })).toBe(valid.DATABASE_URL);
    expect(() => loadDatabaseUrl({})).toThrow('DATABASE_URL');
  });
});
