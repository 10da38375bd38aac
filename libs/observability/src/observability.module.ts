import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config } from '#libs/config';
import { createLogger, Log } from './log.js';
import { Metrics } from './metrics.js';

/** Provides the {@link Log} and the {@link Metrics} everywhere. */
@Global()
@Module({})
export class ObservabilityModule {
  /** @param app name of the process, in every log line */
  static forApp(app: string): DynamicModule {
    return {
      module: ObservabilityModule,
      providers: [
        Metrics,
        { provide: Log, inject: [Config], useFactory: (config: Config) => createLogger(app, config.LOG_LEVEL) },
      ],
      exports: [Log, Metrics],
    };
  }
}
