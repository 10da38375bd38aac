import { ApiProperty } from '@nestjs/swagger';
import { DESTINATION_TEMPLATES, type DestinationTemplate } from '#libs/destinations';

/** A well-known receiver. */
export class DestinationTemplateView {
  @ApiProperty({ description: 'Name for programs', example: 'slack' })
  id: string;

  @ApiProperty({ description: 'Display name', example: 'Slack' })
  name: string;

  @ApiProperty({ description: 'Type of the destination', example: 'http' })
  type: string;

  @ApiProperty({
    description: 'What it does',
    example: 'Send webhook events to a Slack channel via Incoming Webhook URL.',
  })
  description: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Fields of a new destination; what is empty is for you to fill in',
    example: { url: '' },
  })
  config_template: Record<string, unknown>;

  static of({ config, ...template }: DestinationTemplate): DestinationTemplateView {
    return Object.assign(new DestinationTemplateView(), { ...template, config_template: config });
  }
}

export class DestinationTemplatesResponse {
  @ApiProperty({ type: [DestinationTemplateView], description: 'All templates' })
  templates = DESTINATION_TEMPLATES.map((template) => DestinationTemplateView.of(template));
}
