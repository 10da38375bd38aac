import { MikroOrmModule } from '@mikro-orm/nestjs';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '#libs/config';
import { Log } from '#libs/observability';
import { Database } from './database.js';
import { ormOptions } from './orm-options.js';

/** The ORM for resources, with the entities of the modules an app imports, and {@link Database} for the hot paths. */
@Global()
@Module({
  imports: [
    MikroOrmModule.forRootAsync({
      driver: PostgreSqlDriver,
      inject: [Config],
      useFactory: (config: Config) => ({
        ...ormOptions(config.DATABASE_URL),
        driver: PostgreSqlDriver,
        autoLoadEntities: true,
      }),
    }),
  ],
  providers: [
    {
      provide: Database,
      inject: [Config, Log],
      useFactory: (config: Config, log: Log) =>
        new Database(config.DATABASE_URL, {
          onIdleError: (err) => log.warn({ err }, 'lost an idle database connection'),
        }),
    },
  ],
  exports: [Database],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
