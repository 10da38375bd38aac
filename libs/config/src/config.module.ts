import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config, loadConfig } from './config.js';

/** Provides the {@link Config} everywhere. */
@Global()
@Module({})
export class ConfigModule {
  /** @param defaultPort the port this app listens on when `PORT` is not set */
  static forApp(defaultPort: number): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: Config, useFactory: () => loadConfig(defaultPort) }],
      exports: [Config],
    };
  }
}
