import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** `/healthz`, `/readyz` and `/metrics`, the same for every app. */
@Module({ controllers: [HealthController, MetricsController] })
export class HealthModule {}
