import { ApiProperty } from '@nestjs/swagger';
import { type MessageDelivery } from '#libs/deliveries';
import { WireId, WireNullableDate, WireNullableText } from '../http/output.js';

/** What has become of a message at one endpoint. */
export class MessageDeliveryView {
  @WireId('Endpoint it goes to')
  endpoint_id: string;

  @WireNullableText('URL of the endpoint; null once it is deleted', 'https://acme.example.com/webhooks')
  endpoint_url: string | null;

  @ApiProperty({
    description:
      '`waiting` for its turn, `queued` for a worker, `retrying` after a failed try, `delivered`, `dead` when it was given ' +
      'up, or `cancelled` when it was taken back before it arrived',
    example: 'retrying',
  })
  status: string;

  @WireNullableText('Why it is not delivered', 'response_5xx')
  cause: string | null;

  @ApiProperty({ type: 'integer', description: 'Tries so far', example: 1 })
  attempts: number;

  @WireNullableDate('When it is tried again')
  next_retry_at: Date | null;

  static of(delivery: MessageDelivery): MessageDeliveryView {
    return Object.assign(new MessageDeliveryView(), {
      endpoint_id: delivery.endpoint_id,
      endpoint_url: delivery.endpoint_url,
      status: delivery.state,
      cause: delivery.cause,
      attempts: delivery.attempts,
      next_retry_at: delivery.next_retry_at,
    });
  }
}

export class MessageDeliveriesResponse {
  @ApiProperty({
    type: [MessageDeliveryView],
    description: 'One for each endpoint that it goes to, oldest endpoint first',
  })
  deliveries: MessageDeliveryView[];
}
