import { ApiProperty } from '@nestjs/swagger';
import { SOURCE_TEMPLATES, type SourceTemplate } from '#libs/sources';
import { WireNullableText } from '../http/output.js';

/** A well-known sender. */
export class SourceTemplateView {
  @ApiProperty({ description: 'What `template` of a new source says', example: 'github' })
  id: string;

  @ApiProperty({ description: 'Display name', example: 'GitHub' })
  name: string;

  @ApiProperty({
    description: 'What it sends and how that is signed',
    example: 'Repository and organization webhooks, signed with HMAC-SHA256.',
  })
  description: string;

  @WireNullableText('The `verification_type` it presets', 'hmac_sha256')
  verification_type: string | null;

  @WireNullableText('The `verification_header` it presets', 'X-Hub-Signature-256')
  verification_header: string | null;

  static of({ id, name, description, verificationType, header }: SourceTemplate): SourceTemplateView {
    return Object.assign(new SourceTemplateView(), {
      id,
      name,
      description,
      verification_type: verificationType,
      verification_header: header,
    });
  }
}

export class SourceTemplatesResponse {
  @ApiProperty({ type: [SourceTemplateView], description: 'All templates' })
  templates = SOURCE_TEMPLATES.map((template) => SourceTemplateView.of(template));
}
