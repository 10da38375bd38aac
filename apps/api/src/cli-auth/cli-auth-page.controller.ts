import { Body, Controller, Get, Inject, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type Request, type Response } from 'express';
import { parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { DeviceLoginsService, Identity, SessionsService } from '#libs/identity';
import { EnvironmentsService, type Principal } from '#libs/tenancy';
import { BaseUrl } from '../http/base-url.js';
import { messagePage, sendPage } from '../http/page.js';
import { IdentityGateway } from '../identity/identity-gateway.js';
import { ApprovalForm, CliAuthQuery, SignInForm, SignUpForm } from './cli-auth-page.dto.js';
import { approvalPage, signInPage } from './cli-auth.page.js';
import { FormGuard } from './form.guard.js';

const PATH = '/dashboard/cli-auth';
const MAX_ENVIRONMENTS = 100;

/** The page on which a person approves the sign-in of the CLI. */
@ApiExcludeController()
@UseGuards(FormGuard)
@Controller('dashboard/cli-auth')
export class CliAuthPageController {
  constructor(
    @Inject(DeviceLoginsService) private readonly logins: DeviceLoginsService,
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(EnvironmentsService) private readonly environments: EnvironmentsService,
    @Inject(Identity) private readonly identity: Identity,
    @Inject(IdentityGateway) private readonly gateway: IdentityGateway,
  ) {}

  @Get()
  async show(@Query() { code }: CliAuthQuery, @Req() request: Request, @Res() response: Response): Promise<void> {
    const caller = await this.caller(request);
    if (!caller) {
      sendPage(response, 200, signInPage(code, await this.identity.isSignUpOpen()));
    } else if (await this.logins.isPending(code)) {
      const { items } = await this.environments.list(caller, { limit: MAX_ENVIRONMENTS });
      sendPage(response, 200, approvalPage(code, items.reverse()));
    } else {
      sendPage(response, 404, UNKNOWN_CODE);
    }
  }

  @Post('sign-in')
  signIn(
    @Body() form: SignInForm,
    @Req() request: Request,
    @Res() response: Response,
    @BaseUrl() baseUrl: string,
  ): Promise<void> {
    return this.enter('sign-in', form, request, response, baseUrl);
  }

  @Post('sign-up')
  signUp(
    @Body() form: SignUpForm,
    @Req() request: Request,
    @Res() response: Response,
    @BaseUrl() baseUrl: string,
  ): Promise<void> {
    return this.enter('sign-up', form, request, response, baseUrl);
  }

  @Post('approve')
  async approve(@Body() form: ApprovalForm, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { code, env_id } = form;
    const caller = await this.caller(request);
    if (!caller) {
      sendPage(response, 401, signInPage(code, await this.identity.isSignUpOpen()));
      return;
    }
    await this.logins.approve(await this.environments.enter(caller, parseId(env_id) ?? env_id), code);
    sendPage(response, 200, messagePage('Approved', 'The CLI is signed in. You can close this page.'));
  }

  private async enter(
    how: 'sign-in' | 'sign-up',
    { code, ...body }: SignInForm,
    request: Request,
    response: Response,
    baseUrl: string,
  ): Promise<void> {
    const answer = await this.gateway.forward(request, baseUrl, {
      path: `/api/auth/${how}/email`,
      method: 'POST',
      body,
    });
    if (answer.ok) {
      this.gateway.passOnCookies(answer, response);
      response.redirect(303, `${PATH}?code=${encodeURIComponent(code)}`);
      return;
    }
    const { message } = (await answer.json()) as { message?: string };
    sendPage(response, answer.status, signInPage(code, await this.identity.isSignUpOpen(), message));
  }

  /** Undefined for who has to sign in (again). */
  private async caller(request: Request): Promise<Principal | undefined> {
    try {
      return await this.sessions.authenticate(request.get('cookie'));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'invalid_session') return undefined;
      throw error;
    }
  }
}

const UNKNOWN_CODE = messagePage(
  'Nothing to approve',
  'This code is unknown, expired or used. Start again in the terminal.',
);
