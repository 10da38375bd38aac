import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { Config, ConfigError } from '#libs/config';
import { Log, nestLogger } from '#libs/observability';
import { ApiModule } from './api.module.js';
import { configureHttp } from './http/configure-http.js';
import { serveDocs } from './openapi.js';
import { takeUpgrades } from './streams/upgrades.js';

async function main(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  const log = app.get(Log);
  app.useLogger(nestLogger(log));
  configureHttp(app);
  takeUpgrades(app);
  serveDocs(app);
  app.enableShutdownHooks();
  const { HOST, PORT } = app.get(Config);
  await app.listen(PORT, HOST);
  log.info({ host: HOST, port: PORT }, 'api is ready');
}

main().catch((error: unknown) => {
  // Nothing is running yet that could log; a bad configuration is a sentence, anything else a stack.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
