import { type NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Config } from '#libs/config';
import { Log } from '#libs/observability';
import { ErrorFilter } from './error.filter.js';
import { unlimited } from './rate-limits.js';
import { keepRawJson } from './raw-json.js';
import { requestId } from './request-id.js';
import { validationPipe } from './validation.js';

const MAX_API_BODY = '256kb';
const INGEST_PATH = '/v1/ingest/';
const PAGES_PATH = '/dashboard';
const MAX_FORM = '16kb';

/** Everything that is the same for all routes. Ingest reads its bodies itself, raw and capped. */
export function configureHttp(app: NestExpressApplication): void {
  const config = app.get(Config);
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.HOOKSTREAM_TRUSTED_PROXIES.length > 0 ? config.HOOKSTREAM_TRUSTED_PROXIES : false);
  app.set('query parser', 'simple');
  app.use(requestId, unlimited);
  const json = express.json({ limit: MAX_API_BODY, strict: true, verify: keepRawJson });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.path.toLowerCase().startsWith(INGEST_PATH)) next();
    else json(request, response, next);
  });
  app.use(PAGES_PATH, express.urlencoded({ limit: MAX_FORM, extended: false }));
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ErrorFilter(app.get(Log)));
}
