import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Principal } from '#libs/tenancy';
import { type AuthenticatedRequest } from './auth.guard.js';

/** Who calls. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().principal,
);
