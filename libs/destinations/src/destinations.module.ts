import { MikroOrmModule } from '@mikro-orm/nestjs';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '#libs/config';
import { HttpClient, TargetGuard } from '#libs/http-client';
import { CircuitsService } from './circuits.service.js';
import { DestinationCache } from './destination-cache.js';
import { DestinationSettings } from './destination-settings.js';
import { Destination } from './destination.entity.js';
import { DestinationsService } from './destinations.service.js';

@Module({
  imports: [MikroOrmModule.forFeature([Destination])],
  providers: [
    CircuitsService,
    DestinationCache,
    DestinationSettings,
    DestinationsService,
    {
      provide: TargetGuard,
      inject: [Config],
      useFactory: (config: Config) => new TargetGuard(config.HOOKSTREAM_ALLOWED_TARGETS),
    },
    { provide: HttpClient, inject: [TargetGuard], useFactory: (guard: TargetGuard) => new HttpClient({ guard }) },
  ],
  exports: [CircuitsService, DestinationCache, DestinationsService],
})
export class DestinationsModule implements OnApplicationShutdown {
  constructor(@Inject(HttpClient) private readonly http: HttpClient) {}

  async onApplicationShutdown(): Promise<void> {
    await this.http.close();
  }
}
