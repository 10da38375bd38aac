import { ApiProperty } from '@nestjs/swagger';
import { type Application, type ApplicationCounts } from '#libs/outbound';
import { ListView } from '../http/list.dto.js';
import { WireBoolean, WireJson, WireNullableInteger, WireNullableText } from '../http/output.js';
import { resourceFields, ResourceView } from '../http/resource.view.js';

/** An application as answers show it. */
export class ApplicationView extends ResourceView {
  @ApiProperty({ description: 'Unique within the environment', example: 'customer-42' })
  uid: string;

  @WireNullableText('Your own words about it; nothing here reads them', 'Signed up in March')
  description: string | null;

  @WireJson({ description: 'Object, as it was set', example: '{"plan":"gold"}' })
  metadata: Record<string, unknown> | null;

  @ApiProperty({ description: '`active` or `disabled`', example: 'active' })
  status: string;

  @WireBoolean({
    description: 'Whether its endpoints get news of the endpoints of its environment as messages',
    example: 0,
  })
  operational: boolean;

  @WireNullableInteger('Messages per second; null is unlimited', 100)
  rate_limit: number | null;

  @ApiProperty({ type: 'integer', description: 'Its endpoints', example: 2 })
  endpoint_count: number;

  @ApiProperty({ type: 'integer', description: 'Its messages', example: 1204 })
  message_count: number;

  static of(application: Application, { endpoints, messages }: ApplicationCounts): ApplicationView {
    return Object.assign(new ApplicationView(), {
      ...resourceFields(application),
      uid: application.uid,
      description: application.description ?? null,
      metadata: application.metadata ?? null,
      status: application.status,
      operational: application.operational,
      rate_limit: application.rateLimit ?? null,
      endpoint_count: endpoints,
      message_count: messages,
    });
  }
}

export class ApplicationResponse {
  @ApiProperty({ description: 'The application' })
  application: ApplicationView;
}

export class ApplicationsResponse extends ListView {
  @ApiProperty({ type: [ApplicationView], description: 'Newest first' })
  applications: ApplicationView[];
}
