import { ApiProperty } from '@nestjs/swagger';
import { type AttemptRow } from '#libs/deliveries';
import { type Principal } from '#libs/tenancy';
import { DeliveryAttemptView } from '../delivery-attempts/delivery-attempt.view.js';

/** What came of trying a destination out. */
export class DestinationTestResponse {
  @ApiProperty({ type: 'boolean', description: 'Whether the sample event got there', example: true })
  success: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Why it did not, for people',
    example: 'The destination answered 503.',
  })
  error: string | null;

  @ApiProperty({ description: 'The try as it was recorded, with `trigger_type` `test`' })
  delivery_attempt: DeliveryAttemptView;

  static of(attempt: AttemptRow, { organizationId }: Principal): DestinationTestResponse {
    return Object.assign(new DestinationTestResponse(), {
      success: attempt.status === 'success',
      error: attempt.error,
      delivery_attempt: DeliveryAttemptView.of(attempt, organizationId),
    });
  }
}
