import { ERRORS, type ErrorCode } from './catalogue.js';

/** One thing wrong with one field of the input. */
export interface FieldError {
  /** Path of the field as the client wrote it, such as `filter_rules[0].op`. */
  field: string;
  /** A sentence without a leading field name. */
  message: string;
}

/** One thing in which a document does not fit a schema. */
export interface ValidationError {
  /** JSON pointer into the document; empty for the whole. */
  path: string;
  /** Keyword of the schema that failed, such as `required`. */
  keyword: string;
  /** Follows the path: `must be number`. */
  message: string;
}

/** A refusal the caller can act on. The HTTP filter turns it into the contract's error body. */
export class ApiError extends Error {
  /**
   * @param code entry of the catalogue
   * @param options `details` names the fields at fault; `validationErrors` what does not fit a tenant's schema; `sentence` replaces the catalogue's sentence
   */
  constructor(
    readonly code: ErrorCode,
    readonly options: {
      details?: FieldError[];
      validationErrors?: ValidationError[];
      sentence?: string;
      retryAfterSeconds?: number;
    } = {},
  ) {
    super(options.sentence ?? ERRORS[code].sentence);
  }

  /** HTTP status code. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** One field that cannot be accepted; the sentence names it. */
  static invalidField(field: string, message: string): ApiError {
    return ApiError.invalidBody([{ field, message }]);
  }

  /**
   * For a field that is set once: sent back as it is, it says nothing.
   *
   * @param given undefined when it was not sent
   * @throws ApiError `invalid_body` when it was sent with another value
   */
  static refuseChange(field: string, given: unknown, current: unknown): void {
    if (given !== undefined && given !== current) throw ApiError.invalidField(field, 'cannot be changed');
  }

  /** Fields that cannot be accepted; the sentence names the first. */
  static invalidBody(details: FieldError[], code: ErrorCode = 'invalid_body'): ApiError {
    const first = details[0];
    const prefix = code === 'invalid_query' ? 'Invalid query' : 'Invalid body';
    return new ApiError(code, {
      details,
      sentence: first && `${prefix}: '${first.field}' ${first.message}`,
    });
  }
}
