export { ApiError, type FieldError, type ValidationError } from './api-error.js';
export { ERRORS, type ErrorCode } from './catalogue.js';
