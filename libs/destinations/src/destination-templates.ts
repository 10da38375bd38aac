import { type DestinationType } from './destination.entity.js';

/** A well-known receiver. */
export interface DestinationTemplate {
  id: string;
  name: string;
  type: DestinationType;
  description: string;
  /** Fields of a new destination; what is empty is for the caller to fill in. */
  config: Record<string, unknown>;
}

const http = (id: string, name: string, description: string, config: object = {}): DestinationTemplate => ({
  ...{ id, name, type: 'http', description },
  config: { url: '', ...config },
});

export const DESTINATION_TEMPLATES: readonly DestinationTemplate[] = [
  http('slack', 'Slack', 'Send webhook events to a Slack channel via Incoming Webhook URL.'),
  http('discord', 'Discord', 'Post webhook events to a Discord channel webhook.'),
  http('microsoft_teams', 'Microsoft Teams', 'Post webhook events to a Teams channel through a Workflows webhook URL.'),
  http('google_chat', 'Google Chat', 'Post webhook events to a Google Chat space through its webhook URL.'),
  http('pagerduty', 'PagerDuty', 'Trigger PagerDuty incidents. Make an Events API v2 body with a transform.', {
    url: 'https://events.pagerduty.com/v2/enqueue',
  }),
  http(
    'datadog',
    'Datadog',
    'Send webhook events to Datadog Logs with an API key. Other sites than US1 have other hosts.',
    {
      url: 'https://http-intake.logs.datadoghq.com/api/v2/logs',
      auth_type: 'api_key',
      auth_config: { header: 'DD-API-KEY', value: '' },
    },
  ),
  http('linear', 'Linear', 'Create Linear issues. Make a GraphQL body with a transform.', {
    url: 'https://api.linear.app/graphql',
    auth_type: 'api_key',
    auth_config: { header: 'Authorization', value: '' },
  }),
  http('zapier', 'Zapier', 'Start a Zap that begins with Webhooks by Zapier.'),
  http('make', 'Make', 'Start a Make scenario that begins with a custom webhook.'),
  http('n8n', 'n8n', 'Start an n8n workflow that begins with a Webhook node.'),
];
