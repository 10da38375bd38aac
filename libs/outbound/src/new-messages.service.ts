import { hash } from 'node:crypto';
import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { newId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { EventWriter } from '#libs/events';
import { type SchemaValidator, schemaValidator } from '#libs/json-schema';
import { EventQuota, type Principal } from '#libs/tenancy';
import { type Application } from './application.entity.js';
import { EventType } from './event-type.entity.js';
import { findApplication } from './find-application.js';
import { MessageKeys } from './message-keys.js';
import { type Message, MessagesService } from './messages.service.js';

const IDEMPOTENCY_MS = 24 * 3600 * 1000;
/** Compiled schemas in memory. */
const MAX_VALIDATORS = 1000;

/** A message as it was posted. */
export interface NewMessage {
  /** Name of an event type. */
  eventType: string;
  /** Exactly what is sent. */
  payloadText: string;
  channels?: string[];
  /** Days after which the payload is removed. @defaultValue never by itself */
  payloadRetentionDays?: number | null;
  /** Names the message within its application. */
  eventId?: string;
  /** Names the request within the environment, for a day: everything else must be the same then. */
  idempotencyKey?: string;
}

/** Takes messages. From here on each is an event like any other; its source is its application. */
@Injectable()
export class NewMessagesService {
  private readonly validators = new LRUCache<string, SchemaValidator>({ max: MAX_VALIDATORS });

  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(MessageKeys) private readonly keys: MessageKeys,
    @Inject(EventWriter) private readonly writer: EventWriter,
    @Inject(MessagesService) private readonly messages: MessagesService,
    @Inject(EventQuota) private readonly quota: EventQuota,
  ) {}

  /**
   * Stores a message for an application's endpoints, or finds the one that has its `eventId` or idempotency key.
   *
   * @param appId id or uid
   * @returns the message, once it is durable
   * @throws ApiError `application_not_found`, `application_disabled`, `quota_exhausted`, `invalid_body`,
   *   `schema_mismatch`, `idempotency_conflict`, `not_durable`
   */
  async post(principal: Principal, appId: string, message: NewMessage): Promise<Message> {
    const em = this.em.fork();
    const application = await findApplication(em, principal.environmentId, appId);
    if (application.status !== 'active') throw new ApiError('application_disabled');
    this.quota.assertLeft(application.organizationId);
    await this.check(em, principal, message);
    const { id, isNew } = await this.claim(application, message);
    // Its payload may have been removed since, and must not come back.
    const first = isNew ? undefined : await this.messages.find(em, application, id);
    if (first) return first;
    await this.writer.store({
      id,
      organizationId: application.organizationId,
      environmentId: application.environmentId,
      sourceId: application.id,
      eventType: message.eventType,
      channels: message.channels,
      payloadRetentionDays: message.payloadRetentionDays,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      query: '',
      sourceIp: null,
      body: Buffer.from(message.payloadText, 'utf8'),
      verificationStatus: 'skipped',
      dedupHash: message.eventId ?? null,
    });
    return this.messages.get(principal, appId, id);
  }

  /** @returns the id to store the message under, and whether nobody can have done so before */
  private async claim(
    { id: scopeId, environmentId }: Application,
    message: NewMessage,
  ): Promise<{ id: string; isNew: boolean }> {
    const { eventType, payloadText, eventId, channels, payloadRetentionDays: days, idempotencyKey: key } = message;
    const fresh = newId();
    let id = fresh;
    if (eventId !== undefined) {
      const name = { scopeId, environmentId, key: eventId, requestHash: null, expiresAt: null };
      id = (await this.keys.claim(name, id)).messageId;
    }
    if (key === undefined) return { id, isNew: id === fresh };
    const request = [scopeId, eventType, eventId, channels, payloadText, ...(days ? [days] : [])];
    const requestHash = hash('sha256', JSON.stringify(request), 'buffer');
    const expiresAt = new Date(Date.now() + IDEMPOTENCY_MS);
    const named = await this.keys.claim({ scopeId: environmentId, environmentId, key, requestHash, expiresAt }, id);
    if (!named.isSameRequest) throw new ApiError('idempotency_conflict');
    return { id: named.messageId, isNew: named.messageId === fresh };
  }

  private async check(em: EntityManager, { environmentId }: Principal, message: NewMessage): Promise<void> {
    const { eventType: name, payloadText } = message;
    const eventType = await em.findOne(EventType, { environmentId, name });
    if (!eventType) throw ApiError.invalidField('event_type', 'is not an event type of this environment');
    if (eventType.status === 'archived') throw ApiError.invalidField('event_type', 'is archived');
    if (!eventType.jsonSchema) return;
    const bytes = Buffer.byteLength(payloadText, 'utf8');
    const errors = this.validator(eventType, eventType.jsonSchema)(documentOf(payloadText), bytes);
    if (errors.length > 0) throw new ApiError('schema_mismatch', { sentence: MISFIT, validationErrors: errors });
  }

  private validator({ id, updatedAt }: EventType, schema: Record<string, unknown>): SchemaValidator {
    const version = `${id}:${updatedAt.getTime()}`;
    const known = this.validators.get(version);
    if (known) return known;
    const validator = schemaValidator(schema);
    this.validators.set(version, validator);
    return validator;
  }
}

const MISFIT = 'The payload does not fit the schema of its event type';

/** A payload that was posted as text may be no JSON: then it is that text. */
function documentOf(payloadText: string): unknown {
  try {
    return JSON.parse(payloadText) as unknown;
  } catch {
    return payloadText;
  }
}
