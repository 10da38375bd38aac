import { Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Principal, UsageService } from '#libs/tenancy';
import { Caller } from '../http/caller.decorator.js';
import { Resource } from '../http/resource.decorator.js';
import { SubscriptionResponse, UsageView } from './usage.view.js';

@Resource('Billing', 'billing')
export class BillingController {
  constructor(@Inject(UsageService) private readonly usage: UsageService) {}

  @Get('usage')
  @ApiOperation({ summary: 'What the organization has used of its plan' })
  @ApiOkResponse({ type: UsageView, description: 'What is used, and what the plan allows' })
  async getUsage(@Caller() caller: Principal): Promise<UsageView> {
    return UsageView.of(await this.usage.get(caller));
  }

  @Get('subscription')
  @ApiOperation({ summary: 'The paid subscription, of which a self-hosted gateway has none' })
  @ApiOkResponse({ type: SubscriptionResponse, description: 'That there is none' })
  getSubscription(): SubscriptionResponse {
    return { subscription: null };
  }
}
