import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config } from '#libs/config';
import { createLogger, Log } from './log.js';

/** Provides the {@link Log} everywhere. */
@Global()
@Module({})
export class ObservabilityModule {
  /** @param app name of the process, in every log line */
  static forApp(app: string): DynamicModule {
    return {
      module: ObservabilityModule,
      providers: [
        { provide: Log, inject: [Config], useFactory: (config: Config) => createLogger(app, config.LOG_LEVEL) },
      ],
      exports: [Log],
    };
  }
}
