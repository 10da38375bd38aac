import { ApiProperty } from '@nestjs/swagger';
import { type RetriedDelivery } from '#libs/deliveries';
import { WireId } from '../http/output.js';

class RetriedDeliveryView {
  @WireId('Its id: 32 hex digits')
  id: string;

  @WireId('Connection it goes over')
  connection_id: string;

  @WireId('Where it goes')
  destination_id: string;
}

/** What retrying an event set in motion. */
export class EventRetryResponse {
  @ApiProperty({ type: 'integer', description: 'How many deliveries are on their way again', example: 1 })
  retried: number;

  @ApiProperty({ type: [RetriedDeliveryView], description: 'Which they are' })
  deliveries: RetriedDeliveryView[];

  @ApiProperty({ type: [String], description: 'What could not be retried', example: [] })
  errors: string[];

  static of(deliveries: RetriedDelivery[]): EventRetryResponse {
    return Object.assign(new EventRetryResponse(), { retried: deliveries.length, deliveries, errors: [] });
  }
}
