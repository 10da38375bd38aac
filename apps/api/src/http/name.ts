import { applyDecorators } from '@nestjs/common';
import { IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';

/** Spec §2.0. */
export const SLUG = /^[a-z0-9-]+$/;

/** A display name. */
export const IsName = () => applyDecorators(IsString(), IsNotEmpty(), MaxLength(200));

/** A name for URLs. */
export const IsSlug = () =>
  applyDecorators(IsString(), Matches(SLUG, { message: `must match pattern ${SLUG.source}` }), MaxLength(100));
