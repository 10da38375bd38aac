export { HttpClient, type HttpClientOptions, type TlsIdentity } from './http-client.js';
export { HttpClientModule } from './http-client.module.js';
export { describeError } from './http-error.js';
export { type HttpErrorCause, type HttpOutcome, type HttpRequest } from './http-outcome.js';
export { BlockedTargetError, TargetGuard, type ResolveHost } from './target-guard.js';
