export { ApiError, type FieldError } from './api-error.js';
export { ERRORS, type ErrorCode } from './catalogue.js';
