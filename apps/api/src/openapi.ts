import { type NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type Request } from 'express';
import { completeDocument } from './openapi/complete-document.js';
import { codeSamplesPlugin, withoutPrefilledFilters } from './openapi/playground.js';

const DESCRIPTION = `Event gateway for webhooks: **sources** receive them, **connections** filter and reshape them,
**destinations** get them, with retries and dead letters. **Applications** are your customers: messages go, signed, to
their **endpoints**.

Type your key into **Authorize** to try the operations here.`;

const PORTAL_TOKEN = 'A portal token, for the endpoints and messages of one application';

/** In the order a newcomer needs them. */
const TAGS = [
  ['Sources', 'Where webhooks come in'],
  ['Destinations', 'Where events are delivered'],
  ['Connections', 'Which source goes to which destination, filtered and reshaped'],
  ['Ingest', 'Sending a webhook to a source'],
  ['Events', 'What came in, and what became of it'],
  ['Delivery attempts', 'Every try, its answer, and dead letters'],
  ['Replay', 'Sending events or dead letters again, many at a time'],
  ['Applications', 'Your customers, who get webhooks from you'],
  ['Endpoints', 'Where applications get webhooks'],
  ['Messages', 'What applications are sent, and what came of it'],
  ['Event types', 'What endpoints can ask for'],
  ['Environments', 'Separate worlds within an organization, such as staging and production'],
  ['API keys', 'Who may call'],
  ['Billing', 'What is used of the plan'],
  ['Health', 'Probes'],
] as const;

/** The OpenAPI document, generated from the decorators of the controllers. */
export function openApiDocument(app: NestExpressApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('hookstream')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'key')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'API key', description: 'The same key' }, 'bearer')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: PORTAL_TOKEN }, 'portal')
    .addSecurityRequirements('key')
    .addSecurityRequirements('bearer');
  for (const [tag, description] of TAGS) builder.addTag(tag, description);
  return completeDocument(SwaggerModule.createDocument(app, builder.build()));
}

/** Serves the playground at `/docs` and the document at `/openapi.json`. */
export function serveDocs(app: NestExpressApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'hookstream API',
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      docExpansion: 'none',
      plugins: [codeSamplesPlugin],
    },
    patchDocumentOnRequest: (request, _response, document) =>
      (request as Request).path.endsWith('.js') ? withoutPrefilledFilters(document) : document,
  });
}
