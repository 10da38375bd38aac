import { Global, Module } from '@nestjs/common';
import { Config } from '#libs/config';
import { Keyring } from './keyring.js';

/** Provides the {@link Keyring} everywhere. */
@Global()
@Module({
  providers: [
    { provide: Keyring, inject: [Config], useFactory: (config: Config) => new Keyring(config.HOOKSTREAM_KEYRING) },
  ],
  exports: [Keyring],
})
export class CryptoModule {}
