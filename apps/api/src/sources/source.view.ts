import { ApiProperty } from '@nestjs/swagger';
import { type Source } from '#libs/sources';
import { ListView } from '../http/list.dto.js';
import { WireBoolean, WireJson } from '../http/output.js';

/** A source as answers show it. */
export class SourceView {
  @ApiProperty({ example: '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b' })
  id: string;

  @ApiProperty({ example: '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b' })
  org_id: string;

  @ApiProperty({ example: '0190a1b2c3d47e5f8a9b0c1d2e3f4a5b' })
  env_id: string;

  @ApiProperty({ example: 'github' })
  slug: string;

  @ApiProperty({ example: 'GitHub' })
  name: string;

  @ApiProperty({ type: 'string', nullable: true })
  description: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'github' })
  template: string | null;

  @ApiProperty({ example: 'http' })
  type: string;

  @ApiProperty({ example: 'active' })
  status: string;

  @ApiProperty({
    description: 'Where the sender posts to',
    example: 'http://localhost:3000/v1/ingest/0190a1b2c3d47e5f8a9b0c1d2e3f4a5b',
  })
  ingest_url: string;

  @WireBoolean({ description: 'Whether webhooks must be signed' })
  verification_enabled: boolean;

  @ApiProperty({ type: 'string', nullable: true, example: 'hmac_sha256' })
  verification_type: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Masked to the last four characters',
    example: '****cret',
  })
  verification_secret: string | null;

  @ApiProperty({ type: 'string', nullable: true, example: 'X-Hub-Signature-256' })
  verification_header: string | null;

  @WireJson({ description: 'Array of addresses and CIDR blocks', example: '["192.0.2.0/24"]' })
  ip_allowlist: string[] | null;

  @WireJson({ description: 'Array of addresses and CIDR blocks', example: '["198.51.100.7"]' })
  ip_denylist: string[] | null;

  @ApiProperty({ description: 'Events received; a few seconds behind', example: 1204 })
  event_count: number;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  last_event_at: Date | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  created_at: Date;

  @ApiProperty({ type: 'string', format: 'date-time' })
  updated_at: Date;

  /**
   * @param maskedSecret the verification secret as it may be shown
   * @param baseUrl of the api, without a slash at the end
   */
  static of(source: Source, maskedSecret: string | null, baseUrl: string): SourceView {
    return Object.assign(new SourceView(), {
      id: source.id,
      org_id: source.organizationId,
      env_id: source.environmentId,
      slug: source.slug,
      name: source.name,
      description: source.description ?? null,
      template: source.template ?? null,
      type: source.type,
      status: source.status,
      ingest_url: `${baseUrl}/v1/ingest/${source.id}`,
      verification_enabled: source.verificationEnabled,
      verification_type: source.verificationType ?? null,
      verification_secret: maskedSecret,
      verification_header: source.verificationHeader ?? null,
      ip_allowlist: source.ipAllowlist ?? null,
      ip_denylist: source.ipDenylist ?? null,
      event_count: source.eventCount,
      last_event_at: source.lastEventAt ?? null,
      created_at: source.createdAt,
      updated_at: source.updatedAt,
    });
  }
}

export class SourceResponse {
  @ApiProperty()
  source: SourceView;
}

export class SourcesResponse extends ListView {
  @ApiProperty({ type: [SourceView] })
  sources: SourceView[];
}
