import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { type AcceptedEvent, EventWriter } from '#libs/events';
import { EventQuota } from '#libs/tenancy';
import { type IngestSource, SourceCache } from './source-cache.js';

/** A webhook as it arrived. */
export type IncomingWebhook = Pick<AcceptedEvent, 'method' | 'headers' | 'query' | 'sourceIp' | 'body'>;

/** The month may be long; a plan can change at any time. */
const QUOTA_RETRY_AFTER_SECONDS = 3600;

/** Takes webhooks in: the checks of the contract in their order (decision 11), then durable storage. */
@Injectable()
export class IngestService {
  constructor(
    @Inject(SourceCache) private readonly sources: SourceCache,
    @Inject(EventWriter) private readonly events: EventWriter,
    @Inject(EventQuota) private readonly quota: EventQuota,
  ) {}

  /**
   * The source that takes webhooks at this id, if the sender may use it.
   *
   * @param sourceIp the sender's address
   * @throws ApiError `source_not_found` when it is unknown or not active, `ip_blocked`, `quota_exhausted`
   */
  async admit(sourceId: string, sourceIp: string | null): Promise<IngestSource> {
    const source = this.sources.peek(sourceId) ?? (await this.sources.get(sourceId));
    if (!source || source.status !== 'active') throw new ApiError('source_not_found');
    const refusal = source.ipRule(sourceIp);
    if (refusal) throw new ApiError('ip_blocked', { sentence: refusal });
    if (this.quota.isExhausted(source.organizationId)) {
      throw new ApiError('quota_exhausted', { retryAfterSeconds: QUOTA_RETRY_AFTER_SECONDS });
    }
    return source;
  }

  /**
   * Verifies and stores a webhook.
   *
   * @returns the event's id, once the event is durable
   * @throws ApiError `signature_mismatch`, `not_durable`
   */
  async ingest(source: IngestSource, webhook: IncomingWebhook): Promise<string> {
    const verdict = source.verify?.(webhook.headers, webhook.body);
    if (verdict?.kind === 'failed') throw new ApiError('signature_mismatch', { sentence: verdict.reason });
    return this.events.store({
      ...webhook,
      organizationId: source.organizationId,
      environmentId: source.environmentId,
      sourceId: source.id,
      verificationStatus: verdict ? 'verified' : 'none',
    });
  }
}
