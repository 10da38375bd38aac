import { ApiProperty } from '@nestjs/swagger';
import { type EndpointStats } from '#libs/outbound';
import { WireBoolean, WireId, WireNullableDate } from '../http/output.js';

const Count = (description: string, example: number) => ApiProperty({ type: 'integer', description, example });

/** What became of what was sent to an endpoint. */
export class EndpointStatsView {
  @WireId('The endpoint')
  endpoint_id: string;

  @Count('Attempts that were answered 2xx', 1200)
  attempts_success: number;

  @Count('Attempts that were answered otherwise', 7)
  attempts_failed: number;

  @Count('Attempts without a complete answer in time', 2)
  attempts_timeout: number;

  @Count('Attempts that got no answer', 1)
  attempts_error: number;

  @Count('Messages that were delivered; one that is sent again counts again', 1200)
  messages_delivered: number;

  @Count('Messages that were given up after their last attempt; one that is sent again counts again', 1)
  messages_given_up: number;

  @Count('Messages that are to be sent, or sent again; at most 10000', 3)
  messages_pending: number;

  @WireBoolean({ description: 'Whether there may be more than `messages_pending` says', example: 0 })
  messages_pending_capped: boolean;

  @WireNullableDate('The last attempt that was answered 2xx')
  last_success_at: Date | null;

  @WireNullableDate('The last attempt that was not')
  last_failure_at: Date | null;

  @WireNullableDate('The first failure since the last success; null when the last attempt succeeded')
  failing_since: Date | null;

  static of(stats: EndpointStats): EndpointStatsView {
    return Object.assign(new EndpointStatsView(), {
      endpoint_id: stats.endpoint_id,
      attempts_success: stats.succeeded,
      attempts_failed: stats.failed,
      attempts_timeout: stats.timed_out,
      attempts_error: stats.errored,
      messages_delivered: stats.succeeded,
      messages_given_up: stats.given_up,
      messages_pending: stats.pending,
      messages_pending_capped: stats.pending_capped,
      last_success_at: stats.last_success_at,
      last_failure_at: stats.last_failure_at,
      failing_since: stats.failing_since,
    });
  }
}

export class EndpointStatsResponse {
  @ApiProperty({ description: 'The statistics' })
  stats: EndpointStatsView;
}
