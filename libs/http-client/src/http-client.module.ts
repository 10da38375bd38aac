import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '#libs/config';
import { HttpClient } from './http-client.js';
import { TargetGuard } from './target-guard.js';

/** Provides the {@link TargetGuard} with the networks that the operator has opened, and a client that obeys it. */
@Module({
  providers: [
    {
      provide: TargetGuard,
      inject: [Config],
      useFactory: (config: Config) => new TargetGuard(config.HOOKSTREAM_ALLOWED_TARGETS),
    },
    { provide: HttpClient, inject: [TargetGuard], useFactory: (guard: TargetGuard) => new HttpClient({ guard }) },
  ],
  exports: [TargetGuard, HttpClient],
})
export class HttpClientModule implements OnApplicationShutdown {
  constructor(@Inject(HttpClient) private readonly http: HttpClient) {}

  async onApplicationShutdown(): Promise<void> {
    await this.http.close();
  }
}
