import { ApiProperty } from '@nestjs/swagger';
import { type ReplayProgress, type ReplaySize } from '#libs/deliveries';
import { ListView } from '../http/list.dto.js';
import {
  EXAMPLE_ID,
  WireBoolean,
  WireDate,
  WireJson,
  WireNullableDate,
  WireNullableInteger,
  WireNullableText,
} from '../http/output.js';
import { OwnedView } from '../http/resource.view.js';

/** A replay or bulk retry as answers show it. */
export class ReplayView extends OwnedView {
  @ApiProperty({
    description:
      '`replay` of events, or bulk `retry` of dead letters; for one endpoint of an application `recover` of dead letters, or ' +
      '`replay_missing` of messages',
    example: 'replay',
  })
  kind: string;

  @WireNullableText(
    'Where it sends: a destination, or an endpoint; null: a bulk retry for all destinations',
    EXAMPLE_ID,
  )
  destination_id: string | null;

  @WireNullableText('Whose events it sends, or the application of the endpoint; null: of all sources', EXAMPLE_ID)
  source_id: string | null;

  @WireNullableText('Over which connection; null: over all', EXAMPLE_ID)
  connection_id: string | null;

  @WireNullableText('Cause of the dead letters it retries; null: any', 'response_5xx')
  cause: string | null;

  @WireJson({
    description: 'Array of rules that events must pass, without aliases',
    example: '[{"field":"payload.type","op":"eq","value":"order.paid"}]',
  })
  filter: unknown[] | null;

  @WireNullableDate('Events received at this time or later')
  from: Date | null;

  @WireNullableDate('Events received before this time')
  to: Date | null;

  @ApiProperty({ type: 'integer', description: 'Events, or dead letters, in a second at most', example: 10 })
  rate_limit: number;

  @WireNullableInteger('Events it sends at most; null for a bulk retry', 1000)
  max_events: number | null;

  @ApiProperty({
    description: '`running`, `paused`, `cancelled`, `completed`, or `failed` when there is no way to the destination',
    example: 'running',
  })
  status: string;

  @WireNullableText('Why it failed', 'destination_deleted')
  error: string | null;

  @ApiProperty({ type: 'integer', description: 'Events, or dead letters, that it sends', example: 250 })
  total: number;

  @WireBoolean({ description: 'Whether `total` is an upper bound, because there was too much to count' })
  total_is_estimate: boolean;

  @ApiProperty({ type: 'integer', description: 'How many of them have become deliveries', example: 120 })
  processed: number;

  @ApiProperty({
    type: 'integer',
    description: 'Events so far that a filter left out, or messages whose payload has expired',
    example: 3,
  })
  skipped: number;

  @ApiProperty({ type: 'integer', description: 'Deliveries on their way', example: 10 })
  pending: number;

  @ApiProperty({ type: 'integer', description: 'Deliveries that arrived', example: 108 })
  succeeded: number;

  @ApiProperty({ type: 'integer', description: 'Deliveries that were given up', example: 2 })
  failed: number;

  @ApiProperty({ type: 'integer', description: 'Deliveries that were taken back', example: 0 })
  cancelled: number;

  @WireDate('When it was made')
  started_at: Date;

  @WireNullableDate('When it ended')
  completed_at: Date | null;

  static of({ replay, ...progress }: ReplayProgress): ReplayView {
    return Object.assign(new ReplayView(), {
      id: replay.id,
      org_id: replay.organizationId,
      env_id: replay.environmentId,
      kind: replay.kind,
      destination_id: replay.destinationId ?? null,
      source_id: replay.sourceId ?? null,
      connection_id: replay.connectionId ?? null,
      cause: replay.cause ?? null,
      filter: replay.filterRules ?? null,
      from: replay.fromTime ?? null,
      to: replay.toTime ?? null,
      rate_limit: replay.rateLimit,
      max_events: replay.maxEvents ?? null,
      status: replay.status,
      error: replay.error ?? null,
      total: replay.total,
      total_is_estimate: replay.totalIsEstimate,
      processed: replay.processed,
      skipped: replay.skipped,
      pending: progress.pending,
      succeeded: progress.succeeded,
      failed: progress.failed,
      cancelled: progress.cancelled,
      started_at: replay.startedAt,
      completed_at: replay.completedAt ?? null,
    });
  }
}

export class ReplayResponse {
  @ApiProperty({ description: 'The job' })
  job: ReplayView;
}

export class ReplaysResponse extends ListView {
  @ApiProperty({ type: [ReplayView], description: 'Newest first' })
  jobs: ReplayView[];
}

/** What a dry run answers. */
export class ReplaySizeResponse {
  @ApiProperty({ type: 'integer', description: 'Events, or dead letters, that would be sent', example: 250 })
  total: number;

  @WireBoolean({ description: 'Whether `total` is an upper bound, because there was too much to count', example: 0 })
  total_is_estimate: boolean;

  static of({ total, isEstimate }: ReplaySize): ReplaySizeResponse {
    return Object.assign(new ReplaySizeResponse(), { total, total_is_estimate: isEstimate });
  }
}
