import { Injectable, type PipeTransform } from '@nestjs/common';
import { parseId } from '#libs/crypto';
import { ApiError, type ErrorCode } from '#libs/errors';

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
