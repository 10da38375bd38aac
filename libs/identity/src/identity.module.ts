import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '#libs/config';
import { Keyring } from '#libs/crypto';
import { Log } from '#libs/observability';
import { DeviceLoginsService } from './device-logins.service.js';
import { Identity } from './identity.js';
import { SessionsService } from './sessions.service.js';

@Module({
  providers: [
    {
      provide: Identity,
      inject: [Config, Keyring, Log],
      useFactory: (config: Config, keyring: Keyring, log: Log) =>
        new Identity({
          databaseUrl: config.DATABASE_URL,
          secret: keyring.derive('session cookies'),
          publicUrl: config.HOOKSTREAM_PUBLIC_URL,
          signUp: config.HOOKSTREAM_SIGN_UP,
          limited: config.HOOKSTREAM_PUBLIC_RATE_LIMIT > 0,
          log,
        }),
    },
    SessionsService,
    DeviceLoginsService,
  ],
  exports: [Identity, SessionsService, DeviceLoginsService],
})
export class IdentityModule implements OnApplicationShutdown {
  constructor(@Inject(Identity) private readonly identity: Identity) {}

  async onApplicationShutdown(): Promise<void> {
    await this.identity.close();
  }
}
