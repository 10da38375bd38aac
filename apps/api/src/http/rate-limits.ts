import { Inject, Injectable } from '@nestjs/common';
import { type NextFunction, type Request, type Response } from 'express';
import { Config } from '#libs/config';
import { ApiError } from '#libs/errors';
import { PlanLimits, type Principal, RateLimiter } from '#libs/tenancy';
import { addressBlock } from './address-block.js';

/** Stands for "unlimited" in the headers, which know numbers only. */
const UNLIMITED = '1000000000';
const UNLIMITED_RESET = '60';

/** Gives every answer the rate limit headers. What is limited overwrites them. */
export function unlimited(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('RateLimit-Limit', UNLIMITED);
  response.setHeader('RateLimit-Remaining', UNLIMITED);
  response.setHeader('RateLimit-Reset', UNLIMITED_RESET);
  next();
}

/** How often whom may call. What is unlimited does not ask Redis. */
@Injectable()
export class RateLimits {
  /** Per address; 0 is unlimited. */
  private readonly publicLimit: number;

  constructor(
    @Inject(RateLimiter) private readonly limiter: RateLimiter,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
    @Inject(Config) config: Config,
  ) {
    this.publicLimit = config.HOOKSTREAM_PUBLIC_RATE_LIMIT;
  }

  /** Counts a request of an organization. @throws ApiError `rate_limited` */
  async ofOrganization({ organizationId, plan }: Principal, response: Response): Promise<void> {
    const limit = this.limits.plans[plan].requests;
    if (limit !== null) await this.take(`org:${organizationId}`, limit, response);
  }

  /** Counts a request of somebody unknown. @throws ApiError `rate_limited` */
  async ofAddress({ ip }: Request, response: Response): Promise<void> {
    if (this.publicLimit > 0 && ip) await this.take(`ip:${addressBlock(ip)}`, this.publicLimit, response);
  }

  private async take(subject: string, limit: number, response: Response): Promise<void> {
    const { remaining, resetSeconds } = await this.limiter.take(subject, limit);
    response.setHeader('RateLimit-Limit', String(limit));
    response.setHeader('RateLimit-Remaining', String(Math.max(0, remaining)));
    response.setHeader('RateLimit-Reset', String(resetSeconds));
    if (remaining >= 0) return;
    throw new ApiError('rate_limited', {
      sentence: `Too many requests: ${limit} are allowed in a minute`,
      retryAfterSeconds: resetSeconds,
    });
  }
}
