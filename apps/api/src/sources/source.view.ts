import { ApiProperty } from '@nestjs/swagger';
import { type Source } from '#libs/sources';
import { ListView } from '../http/list.dto.js';
import { WireBoolean, WireJson, WireNullableDate, WireNullableInteger, WireNullableText } from '../http/output.js';
import { resourceFields, ResourceView } from '../http/resource.view.js';

/** A source as answers show it. */
export class SourceView extends ResourceView {
  @ApiProperty({ description: 'Unique within the environment', example: 'github' })
  slug: string;

  @WireNullableText('Your own words about it; nothing here reads them', 'Orders of the shop')
  description: string | null;

  @WireNullableText('The template it was made from', 'github')
  template: string | null;

  @ApiProperty({ description: '`http` or `websocket`', example: 'http' })
  type: string;

  @ApiProperty({ description: '`active`, `paused` or `disabled`', example: 'active' })
  status: string;

  @WireJson({ description: 'Object that the client keeps here', example: '{"team":"payments"}' })
  source_config: Record<string, unknown> | null;

  @ApiProperty({
    description: 'Where the sender posts to',
    example: 'http://localhost:3000/v1/ingest/0190a1b2c3d47e5f8a9b0c1d2e3f4a5b',
  })
  ingest_url: string;

  @WireBoolean({ description: 'Whether webhooks must be signed' })
  verification_enabled: boolean;

  @WireNullableText('How webhooks are signed', 'hmac_sha256')
  verification_type: string | null;

  @WireNullableText('Secret, masked to its last four characters', '****cret')
  verification_secret: string | null;

  @WireNullableText('Header that carries the signature', 'X-Hub-Signature-256')
  verification_header: string | null;

  @WireJson({
    description: 'Object that says how the signature is made where it is more than a digest of the body',
    example: '{"signed_payload":"{timestamp}.{body}","timestamp_key":"t","signature_key":"v1"}',
  })
  verification_config: object | null;

  @WireBoolean({ description: 'Whether duplicates are stored as such and not delivered' })
  dedup_enabled: boolean;

  @WireNullableText('`payload_hash`, `header_field` or `body_field`', 'header_field')
  dedup_strategy: string | null;

  @WireNullableText('Header or dot path that duplicates have in common', 'X-GitHub-Delivery')
  dedup_field: string | null;

  @ApiProperty({ type: 'integer', description: 'Seconds in which others are duplicates of the first', example: 300 })
  dedup_window_seconds: number;

  @WireJson({ description: 'Array of addresses and CIDR blocks', example: '["192.0.2.0/24"]' })
  ip_allowlist: string[] | null;

  @WireJson({ description: 'Array of addresses and CIDR blocks', example: '["198.51.100.7"]' })
  ip_denylist: string[] | null;

  @WireBoolean({ description: 'Whether bodies are checked against `json_schema`' })
  schema_validation_enabled: boolean;

  @WireJson({ description: 'JSON Schema', example: '{"type":"object","required":["id"]}' })
  json_schema: Record<string, unknown> | null;

  @WireNullableText('`reject` or `warn`; null rejects', 'reject')
  schema_action: string | null;

  @WireBoolean({ description: 'Whether it belongs to a test session and ends with it', example: 0 })
  is_ephemeral: boolean;

  @WireNullableDate('When an ephemeral source ends')
  expires_at: Date | null;

  @WireNullableInteger('Webhooks an ephemeral source takes', 2000)
  request_limit: number | null;

  @ApiProperty({ type: 'integer', description: 'Events received; a few seconds behind', example: 1204 })
  event_count: number;

  @WireNullableDate('When the last event was received')
  last_event_at: Date | null;

  /**
   * @param maskedSecret the verification secret as it may be shown
   * @param baseUrl of the api, without a slash at the end
   */
  static of(source: Source, maskedSecret: string | null, baseUrl: string): SourceView {
    return Object.assign(new SourceView(), {
      ...resourceFields(source),
      slug: source.slug,
      description: source.description ?? null,
      template: source.template ?? null,
      type: source.type,
      status: source.status,
      source_config: source.sourceConfig ?? null,
      ingest_url: `${baseUrl}/v1/ingest/${source.id}`,
      verification_enabled: source.verificationEnabled,
      verification_type: source.verificationType ?? null,
      verification_secret: maskedSecret,
      verification_header: source.verificationHeader ?? null,
      verification_config: source.verificationConfig ?? null,
      dedup_enabled: source.dedupEnabled,
      dedup_strategy: source.dedupStrategy ?? null,
      dedup_field: source.dedupField ?? null,
      dedup_window_seconds: source.dedupWindowSeconds,
      ip_allowlist: source.ipAllowlist ?? null,
      ip_denylist: source.ipDenylist ?? null,
      schema_validation_enabled: source.schemaValidationEnabled,
      json_schema: source.jsonSchema ?? null,
      schema_action: source.schemaAction ?? null,
      is_ephemeral: source.isEphemeral,
      expires_at: source.expiresAt ?? null,
      request_limit: source.requestLimit ?? null,
      event_count: source.eventCount,
      last_event_at: source.lastEventAt ?? null,
    });
  }
}

export class SourceResponse {
  @ApiProperty({ description: 'The source' })
  source: SourceView;
}

export class SourcesResponse extends ListView {
  @ApiProperty({ type: [SourceView], description: 'Newest first' })
  sources: SourceView[];
}
