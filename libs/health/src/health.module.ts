import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';

/** `/healthz` and `/readyz`, the same for every app. */
@Module({ controllers: [HealthController] })
export class HealthModule {}
