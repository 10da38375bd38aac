import { Injectable, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { parseId } from '#libs/crypto';
import { ApiError, type ErrorCode } from '#libs/errors';
import { EXAMPLE_ID } from './output.js';

/** Reads an id of a path, with or without its prefix. What is not an id is not found either. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  /** @param notFound the error for something that cannot exist */
  constructor(private readonly notFound: ErrorCode) {}

  transform(value: string): string {
    const id = parseId(value);
    if (!id) throw new ApiError(this.notFound);
    return id;
  }
}

/** Documents the id of a path that {@link IdPipe} reads. */
export const ApiId = () => ApiParam({ name: 'id', description: 'Id, with or without its prefix', example: EXAMPLE_ID });
