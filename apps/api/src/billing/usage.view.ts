import { ApiProperty } from '@nestjs/swagger';
import { type Usage } from '#libs/tenancy';
import { WireNullableInteger } from '../http/output.js';

/** Clients count with numbers here, so these stand for "unlimited". */
const UNLIMITED_EVENTS = 1_000_000_000;
const UNLIMITED_DAYS = 36_500;

class UsedView {
  @ApiProperty({ type: 'integer', description: 'How many there are', example: 7 })
  used: number;

  @WireNullableInteger('What the plan allows; null is unlimited', 10)
  limit: number | null;
}

class UsedEventsView {
  @ApiProperty({ type: 'integer', description: 'How many there are', example: 7 })
  used: number;

  @ApiProperty({
    type: 'integer',
    description: `What the plan allows; ${UNLIMITED_EVENTS} is unlimited`,
    example: 50_000,
  })
  limit: number;

  @ApiProperty({ description: 'Percent of the limit that is used, with one decimal; 0 when unlimited', example: 12.5 })
  percentage: number;
}

/** What an organization has used of its plan. */
export class UsageView {
  @ApiProperty({ description: '`free`, `pro`, `enterprise` or `self_hosted`', example: 'self_hosted' })
  plan: string;

  @ApiProperty({ description: 'Events of the calendar month (UTC); a few seconds behind' })
  events: UsedEventsView;

  @ApiProperty({ description: 'Sources of the organization' })
  sources: UsedView;

  @ApiProperty({ description: 'Destinations of the organization' })
  destinations: UsedView;

  @ApiProperty({
    type: 'integer',
    description: `Days that events are kept; ${UNLIMITED_DAYS} is unlimited`,
    example: 30,
  })
  retention_days: number;

  static of({ plan, limits, events, sources, destinations }: Usage): UsageView {
    return Object.assign(new UsageView(), {
      plan,
      events: { used: events, limit: limits.events ?? UNLIMITED_EVENTS, percentage: percentage(events, limits.events) },
      sources: { used: sources, limit: limits.sources },
      destinations: { used: destinations, limit: limits.destinations },
      retention_days: limits.retention_days ?? UNLIMITED_DAYS,
    });
  }
}

/** With one decimal. */
function percentage(used: number, limit: number | null): number {
  if (limit === null) return 0;
  return limit === 0 ? 100 : Math.round((used / limit) * 1000) / 10;
}

export class SubscriptionResponse {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Always null: nothing is sold here',
    example: null,
  })
  subscription: null;
}
