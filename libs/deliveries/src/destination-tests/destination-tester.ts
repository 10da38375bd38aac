import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { newId } from '#libs/crypto';
import { Database } from '#libs/database';
import { DestinationCache, type OutgoingDelivery, type ProviderOutcome, type Target } from '#libs/destinations';
import { Log } from '#libs/observability';
import { type TestJob } from '#libs/queues';
import { ConfigVersions } from '#libs/tenancy';
import { storable } from '../attempt-writer.js';
import { attemptStatus } from '../attempt-status.js';
import { NO_ID, sampleEvent } from './sample-event.js';
import { type TestAnswer } from './test-answer.js';

/** Sends sample events, past windows, rates and circuits; for the worker. */
@Injectable()
export class DestinationTester {
  constructor(
    @Inject(Redis) private readonly redis: Redis,
    @Inject(Database) private readonly database: Database,
    @Inject(DestinationCache) private readonly destinations: DestinationCache,
    @Inject(ConfigVersions) private readonly versions: ConfigVersions,
    @Inject(Log) private readonly log: Log,
  ) {}

  /** Does nothing when nobody waits for it any more. */
  async run({ destinationId, replyTo }: TestJob): Promise<void> {
    const answer = (said: TestAnswer) => this.redis.publish(replyTo, JSON.stringify(said));
    if ((await answer({ kind: 'started' })) === 0) return;
    try {
      await answer(await this.test(destinationId));
    } catch (err) {
      this.log.error({ err, destination_id: destinationId }, 'a test failed through a fault of ours');
      await answer({ kind: 'failed' });
    }
  }

  private async test(destinationId: string): Promise<TestAnswer> {
    // Who tries a destination out has often just changed it.
    this.versions.expire();
    const target = (await this.destinations.getMany([destinationId])).get(destinationId);
    if (!target) return { kind: 'gone' };
    const delivery = sampleEvent(destinationId, new Date());
    return { kind: 'sent', attemptId: await this.record(target, delivery, await target.provider.send(delivery)) };
  }

  /** An attempt without a delivery: nothing is retried, and nothing counted. */
  private async record(target: Target, delivery: OutgoingDelivery, outcome: ProviderOutcome): Promise<string> {
    const attemptId = newId();
    const { request, response, durationMs } = outcome;
    const status = attemptStatus(outcome);
    const failure = outcome.kind === 'delivered' ? null : outcome;
    await this.database.query('record_test', RECORD, [
      ...[attemptId, delivery.deliveryId, target.environmentId, delivery.eventId, NO_ID, target.id],
      ...[status, failure?.cause ?? null, failure && storable(failure.message)],
      ...[request.url, request.method, JSON.stringify(request.headers), delivery.body.length],
      ...[response?.status ?? null, response && storable(JSON.stringify(response.headers))],
      ...[response && storable(response.body), durationMs, delivery.startedAt],
    ]);
    const fields = { destination_id: target.id, status, cause: failure?.cause, duration_ms: durationMs };
    this.log.info(fields, 'test');
    return attemptId;
  }
}

const RECORD = `
insert into delivery_attempts (id, delivery_id, number, environment_id, event_id, connection_id, destination_id, status,
  cause, error, request_url, request_method, request_headers, request_body_bytes, response_status, response_headers,
  response_body, duration_ms, trigger_type, created_at, is_dead_letter)
values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'test', $18, false)`;
