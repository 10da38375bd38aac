import { ApiProperty } from '@nestjs/swagger';
import { type Endpoint } from '#libs/outbound';
import { ListView } from '../http/list.dto.js';
import { WireDate, WireId, WireJson, WireNullableDate, WireNullableInteger, WireNullableText } from '../http/output.js';
import { OwnedView } from '../http/resource.view.js';

/** In the form of a secret. */
export const EXAMPLE_SECRET = `whsec_${'A'.repeat(43)}=`;

/** An endpoint as answers show it, without its secret. */
export class EndpointView extends OwnedView {
  @WireId('Application it belongs to')
  application_id: string;

  @ApiProperty({ description: 'Where messages are sent', example: 'https://acme.example.com/webhooks' })
  url: string;

  @WireNullableText('Your own words about it; nothing here reads them', 'Billing of ACME')
  description: string | null;

  @WireJson({ description: 'Object of headers sent with each message, as they were set', example: '{"X-Custom":"v"}' })
  headers: Record<string, string> | null;

  @ApiProperty({ description: 'How messages are signed: `hmac_sha256` or `ed25519`', example: 'hmac_sha256' })
  signing_algorithm: string;

  @WireNullableText(
    'What receivers verify `v1a` signatures with, for ed25519; null for hmac_sha256',
    'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=',
  )
  public_key: string | null;

  @ApiProperty({ description: '`active`, `disabled`, or `expired` when its time is over', example: 'active' })
  status: string;

  @WireNullableText('`failing` when it was disabled because it only failed; null when a person did it', 'failing')
  disabled_reason: string | null;

  @WireJson({ description: 'Array of names of event types or `prefix.*`', example: '["invoice.*"]' })
  filter_types: string[] | null;

  @WireJson({
    description: 'Array of channels; it gets only messages of at least one of them',
    example: '["project-7"]',
  })
  channels: string[] | null;

  @WireNullableInteger('Messages per second; null is unlimited', 10)
  rate_limit_per_second: number | null;

  @WireNullableDate('When it gets its last message')
  expires_at: Date | null;

  @WireDate('When it was made')
  created_at: Date;

  @WireDate('When it was last changed')
  updated_at: Date;

  static of(endpoint: Endpoint): EndpointView {
    return Object.assign(new EndpointView(), {
      id: endpoint.id,
      org_id: endpoint.organizationId,
      env_id: endpoint.environmentId,
      application_id: endpoint.application.id,
      url: endpoint.url,
      description: endpoint.description ?? null,
      headers: endpoint.headers ?? null,
      signing_algorithm: endpoint.signingAlgorithm,
      public_key: endpoint.publicKey ?? null,
      status: endpoint.state(),
      disabled_reason: endpoint.disabledReason ?? null,
      filter_types: endpoint.filterTypes ?? null,
      channels: endpoint.channels ?? null,
      rate_limit_per_second: endpoint.rateLimitPerSecond ?? null,
      expires_at: endpoint.expiresAt ?? null,
      created_at: endpoint.createdAt,
      updated_at: endpoint.updatedAt,
    });
  }
}

/** An endpoint when it is new. */
export class CreatedEndpointView extends EndpointView {
  @ApiProperty({ description: 'What messages are signed with; not shown again', example: EXAMPLE_SECRET })
  signing_secret: string;
}

export class CreatedEndpointResponse {
  @ApiProperty({ description: 'The endpoint with its secret' })
  endpoint: CreatedEndpointView;
}

export class EndpointResponse {
  @ApiProperty({ description: 'The endpoint' })
  endpoint: EndpointView;
}

export class EndpointsResponse extends ListView {
  @ApiProperty({ type: [EndpointView], description: 'Newest first' })
  endpoints: EndpointView[];
}

export class SigningSecretResponse {
  @ApiProperty({ description: 'The new secret; not shown again', example: EXAMPLE_SECRET })
  signing_secret: string;
}
