import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** What a sweep may have to repair. */
export type RepairKind = 'events' | 'queued' | 'retrying' | 'waiting' | 'places' | 'abandoned';

/** What this process counts, for Prometheus. Names and meanings are listed in docs/operations.md. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  readonly eventsAccepted = this.counter('hookstream_events_accepted_total', 'Events stored and answered 200');
  readonly attempts = this.counter('hookstream_attempts_total', 'Delivery attempts recorded', ['status', 'cause']);
  readonly lateResults = this.counter(
    'hookstream_late_results_total',
    'Results of attempts that another run had recorded, or whose delivery was cancelled meanwhile',
  );
  readonly circuitTransitions = this.counter('hookstream_circuit_transitions_total', 'Circuits opened and closed', [
    'transition',
  ]);
  readonly repairs = this.counter(
    'hookstream_repairs_total',
    'What a sweep found fallen between PostgreSQL and Redis; stands still in a healthy run',
    ['kind'],
  );

  readonly streams = new Gauge({
    name: 'hookstream_streams',
    help: 'WebSocket clients connected to this process',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const kind of ['events', 'queued', 'retrying', 'waiting', 'places', 'abandoned'] satisfies RepairKind[]) {
      this.repairs.inc({ kind }, 0);
    }
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
