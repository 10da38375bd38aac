import { ApiProperty } from '@nestjs/swagger';
import { type Usage } from '#libs/tenancy';
import { WireNullableInteger } from '../http/output.js';

class UsedView {
  @ApiProperty({ type: 'integer', description: 'In use', example: 7 })
  used: number;

  @WireNullableInteger('What the plan allows; null is unlimited', 10)
  limit: number | null;
}

class UsedEventsView extends UsedView {
  @ApiProperty({ description: 'Share of the limit that is used; 0 when unlimited', example: 12.5 })
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

  @WireNullableInteger('Days that events are kept; null is for as long as there is room', 30)
  retention_days: number | null;

  static of({ plan, limits, events, sources, destinations }: Usage): UsageView {
    return Object.assign(new UsageView(), {
      plan,
      events: { used: events, limit: limits.events, percentage: percentage(events, limits.events) },
      sources: { used: sources, limit: limits.sources },
      destinations: { used: destinations, limit: limits.destinations },
      retention_days: limits.retention_days,
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
  })
  subscription: null;
}
