import { describe, expect, it } from '@jest/globals';
import { readSettings } from './settings.js';
import { StartupError } from './startup-error.js';

describe('readSettings', () => {
  it('needs nothing', () => {
    expect(readSettings({}, '/project')).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      dataDirectory: '/project/.data',
      allowedTargets: '127.0.0.0/8,::1/128',
      logFormat: 'pretty',
      databaseUrl: undefined,
    });
  });

  it('passes on what the apps read, and not what they need not know', () => {
    const env = { LOG_LEVEL: 'warn', HOOKSTREAM_API_KEY: `hs_test_${'a'.repeat(64)}`, HOOKSTREAM_DATA_DIR: 'here' };
    const settings = readSettings(env, '/project');
    expect(settings.passedOn).toEqual({ NODE_ENV: 'production', LOG_LEVEL: 'warn' });
    expect(settings.dataDirectory).toBe('/project/here');
  });

  it('closes loopback when the variable is there and empty', () => {
    expect(readSettings({ HOOKSTREAM_ALLOWED_TARGETS: '' }, '/').allowedTargets).toBe('');
  });

  it('names every bad variable at once and prints no value', () => {
    const bad = { PORT: 'eighty', REDIS_URL: 'hunter2', HOOKSTREAM_API_KEY: 'letmein', HOOKSTREAM_LOG_FORMAT: 'xml' };
    const read = () => readSettings(bad, '/project');
    expect(read).toThrow(StartupError);
    for (const name of Object.keys(bad)) expect(read).toThrow(name);
    for (const value of Object.values(bad)) expect(read).not.toThrow(value);
  });
});
