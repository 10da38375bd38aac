import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type Response } from 'express';
import { BaseUrl } from '../http/base-url.js';
import { html, sendPage } from '../http/page.js';

/** Where the links of portal access lead. The token is in the fragment: it does not come here. */
@ApiExcludeController()
@Controller('portal')
export class PortalPageController {
  @Get()
  show(@Res() response: Response, @BaseUrl() baseUrl: string): void {
    const command = `curl -H "Authorization: Bearer $TOKEN" ${baseUrl}/v1/applications/$APPLICATION/endpoints`;
    const page = html` <h1>Your webhooks</h1>
      <p>
        There is no page to manage them on yet. What follows token= in the address of this page is your token for the
        API; the application is the one you were given it for.
      </p>
      <pre>${command}</pre>`;
    sendPage(response, 200, page);
  }
}
