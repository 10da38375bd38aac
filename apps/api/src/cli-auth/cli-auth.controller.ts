import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { DEVICE_LOGIN_SECONDS, DeviceLoginsService } from '#libs/identity';
import { Public } from '../http/auth.guard.js';
import { BaseUrl } from '../http/base-url.js';
import { ApiErrors } from '../http/error.view.js';

export class CliLoginView {
  @ApiProperty({ description: 'To be shown to the person', example: 'ABCD-EFGH' })
  code: string;

  @ApiProperty({
    description: 'Page where a person who is signed in approves the code',
    example: 'http://localhost:3000/dashboard/cli-auth?code=ABCD-EFGH',
  })
  url: string;

  @ApiProperty({ type: 'integer', description: 'Seconds until the code ends', example: DEVICE_LOGIN_SECONDS })
  expires_in: number;
}

export class CliLoginStatusView {
  @ApiProperty({ enum: ['pending', 'approved'], description: 'Whether the code has been approved', example: 'pending' })
  status: string;

  @ApiPropertyOptional({ description: 'Only when approved, and only once', example: `hs_live_${'1a2b'.repeat(16)}` })
  api_key?: string;
}

@ApiTags('API keys')
@Public()
@Controller('v1/cli/auth')
export class CliAuthController {
  constructor(@Inject(DeviceLoginsService) private readonly logins: DeviceLoginsService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Start the sign-in of a program', description: 'Needs no key. Show the code, then poll.' })
  @ApiOkResponse({ type: CliLoginView, description: 'The code to show' })
  @ApiErrors(429)
  async start(@BaseUrl() baseUrl: string): Promise<CliLoginView> {
    const code = await this.logins.start();
    return { code, url: `${baseUrl}/dashboard/cli-auth?code=${code}`, expires_in: DEVICE_LOGIN_SECONDS };
  }

  @Get(':code')
  @ApiOperation({ summary: 'Whether a sign-in has been approved', description: 'Needs no key. Gives the key once.' })
  @ApiParam({ name: 'code', description: 'The code as it was shown', example: 'ABCD-EFGH' })
  @ApiOkResponse({ type: CliLoginStatusView, description: 'Whether it has been, and once the key' })
  @ApiErrors(429, { 404: 'The code is unknown, expired or used' })
  async poll(@Param('code') code: string): Promise<CliLoginStatusView> {
    const login = await this.logins.poll(code);
    return login.status === 'approved' ? { status: 'approved', api_key: login.apiKey } : { status: 'pending' };
  }
}
