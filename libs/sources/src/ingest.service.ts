import { Inject, Injectable } from '@nestjs/common';
import { ApiError } from '#libs/errors';
import { type AcceptedEvent, EventWriter } from '#libs/events';
import { Log } from '#libs/observability';
import { EventQuota } from '#libs/tenancy';
import { DedupClaims } from './dedup-claims.js';
import { schemaErrors, schemaSentence } from './schema-rule.js';
import { type IngestSource, SourceCache } from './source-cache.js';
import { webhookDocument } from './webhook-document.js';

/** A webhook as it arrived. */
export type IncomingWebhook = Pick<AcceptedEvent, 'method' | 'headers' | 'query' | 'sourceIp' | 'body'>;

const RETRY_AFTER_SECONDS = 5;

/** Takes webhooks in: the checks of the contract in their order (decision 11), then durable storage. */
@Injectable()
export class IngestService {
  constructor(
    @Inject(SourceCache) private readonly sources: SourceCache,
    @Inject(EventWriter) private readonly events: EventWriter,
    @Inject(EventQuota) private readonly quota: EventQuota,
    @Inject(DedupClaims) private readonly claims: DedupClaims,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * The source that takes webhooks at this id, if the sender may use it.
   *
   * @param sourceIp the sender's address
   * @throws ApiError `source_not_found` when it is unknown or disabled, `ip_blocked`, `quota_exhausted`,
   *   `not_durable` when it cannot be told, for PostgreSQL is away
   */
  async admit(sourceId: string, sourceIp: string | null): Promise<IngestSource> {
    const source = this.sources.peek(sourceId) ?? (await this.find(sourceId));
    if (!source || source.status === 'disabled') throw new ApiError('source_not_found');
    const refusal = source.ipRule(sourceIp);
    if (refusal) throw new ApiError('ip_blocked', { sentence: refusal });
    this.quota.assertLeft(source.organizationId);
    return source;
  }

  /**
   * Verifies and stores a webhook.
   *
   * @returns the event's id, once the event is durable
   * @throws ApiError `signature_mismatch`, `schema_mismatch`, `not_durable`
   */
  async ingest(source: IngestSource, webhook: IncomingWebhook): Promise<string> {
    const verdict = source.verify?.(webhook.headers, webhook.body);
    if (verdict?.kind === 'failed') throw new ApiError('signature_mismatch', { sentence: verdict.reason });
    const event: AcceptedEvent = {
      ...webhook,
      organizationId: source.organizationId,
      environmentId: source.environmentId,
      sourceId: source.id,
      verificationStatus: verdict ? 'verified' : 'skipped',
      isHeld: source.status === 'paused',
    };
    return source.schema || source.dedup ? this.inspect(source, event) : this.events.store(event);
  }

  private async find(sourceId: string): Promise<IngestSource | undefined> {
    try {
      return await this.sources.get(sourceId);
    } catch (err) {
      this.log.error({ err, source_id: sourceId }, 'source not read');
      throw new ApiError('not_durable', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }

  /** The checks that look into the body, of sources that have them. */
  private inspect({ schema, dedup }: IngestSource, event: AcceptedEvent): Promise<string> {
    const { headers, body } = event;
    const document = webhookDocument(body);
    const errors = schema ? schemaErrors(schema, document(), body.length) : [];
    if (errors.length > 0) {
      if (schema?.action === 'reject') throw new ApiError('schema_mismatch', { validationErrors: errors });
      event.verificationStatus = 'schema_invalid';
      event.verificationError = schemaSentence(errors);
    }
    const dedupHash = dedup?.key({ headers, body, document }) ?? null;
    if (!dedup || dedupHash === null) return this.events.store(event);
    return this.claims.storeOnce(`${event.sourceId}:${dedupHash}`, dedup.windowSeconds, (isDuplicate) =>
      this.events.store({ ...event, dedupHash, isDuplicate }),
    );
  }
}
