import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { EventWriter } from '#libs/events';
import { EventQuota, type Principal } from '#libs/tenancy';
import { ApplicationCache } from './application-cache.js';
import { EventTypeCache } from './event-type-cache.js';
import { type MessageKey, MessageKeys } from './message-keys.js';
import { type Message, MessagesService } from './messages.service.js';

const DAY_MS = 24 * 3600 * 1000;
const IDEMPOTENCY_MS = DAY_MS;

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

/** An application, as far as its messages depend on it. */
interface Sender {
  id: string;
  organizationId: string;
  environmentId: string;
}

/** Takes messages. From here on each is an event like any other; its source is its application. */
@Injectable()
export class NewMessagesService {
  constructor(
    @Inject(ApplicationCache) private readonly applications: ApplicationCache,
    @Inject(EventTypeCache) private readonly eventTypes: EventTypeCache,
    @Inject(MessageKeys) private readonly keys: MessageKeys,
    @Inject(EventWriter) private readonly writer: EventWriter,
    @Inject(MessagesService) private readonly messages: MessagesService,
    @Inject(EventQuota) private readonly quota: EventQuota,
  ) {}

  /**
   * Stores a message for an application's endpoints, or finds the one that has its `eventId` or idempotency key.
   *
   * @param appId id or uid
   * @returns the message as it was when it was posted, once it is durable
   * @throws ApiError `application_not_found`, `application_disabled`, `quota_exhausted`, `invalid_body`,
   *   `schema_mismatch`, `idempotency_conflict`, `not_durable`
   */
  async post({ environmentId }: Principal, appId: string, message: NewMessage): Promise<Message> {
    const application = await this.applications.named(environmentId, appId);
    if (!application) throw new ApiError('application_not_found');
    const names = namesOf(application, message);
    const first = await this.findNamed(application, names);
    if (first) return first;
    if (application.status !== 'active') throw new ApiError('application_disabled');
    this.quota.assertLeft(application.organizationId);
    await this.check(environmentId, message);
    return this.store(application, names, message);
  }

  private async store(application: Sender, names: MessageKey[], message: NewMessage): Promise<Message> {
    const fresh = newId();
    const id = await this.claim(names, fresh);
    // Its payload may have been removed since, and must not come back.
    const first = id === fresh ? undefined : await this.messages.find(application.id, id);
    if (first) return asPosted(first);
    const { eventType, channels, eventId = null, payloadText, payloadRetentionDays: days } = message;
    const owner = { organizationId: application.organizationId, environmentId: application.environmentId };
    const receivedAt = new Date();
    const payloadExpiresAt = days ? new Date(receivedAt.getTime() + days * DAY_MS) : null;
    await this.writer.store({
      ...owner,
      id,
      sourceId: application.id,
      eventType,
      channels,
      receivedAt,
      payloadExpiresAt,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      query: '',
      sourceIp: null,
      body: Buffer.from(payloadText, 'utf8'),
      verificationStatus: 'skipped',
      dedupHash: eventId,
    });
    // Two requests with one name may store it at the same time: the first did.
    if (id !== fresh) return asPosted((await this.messages.find(application.id, id))!);
    return {
      id,
      organization_id: owner.organizationId,
      environment_id: owner.environmentId,
      application_id: application.id,
      event_type: eventType,
      event_id: eventId,
      channels: channels ?? null,
      payload: payloadText,
      payload_expires_at: payloadExpiresAt,
      status: 'received',
      created_at: receivedAt,
    };
  }

  /** @returns the id to store the message under, which is another message's if that has one of the names */
  private async claim(names: MessageKey[], fresh: string): Promise<string> {
    let id = fresh;
    for (const name of names) {
      const named = await this.keys.claim(name, id);
      if (!named.isSameRequest) throw new ApiError('idempotency_conflict');
      id = named.messageId;
    }
    return id;
  }

  /** What was posted before is answered again, whatever has become of its application, its event type and the plan. */
  private async findNamed({ id: applicationId }: Sender, names: MessageKey[]): Promise<Message | undefined> {
    const name = names.at(-1);
    const named = name && (await this.keys.find(name));
    if (named?.isSameRequest === false) throw new ApiError('idempotency_conflict');
    const message = named && (await this.messages.find(applicationId, named.messageId));
    return message && asPosted(message);
  }

  private async check(environmentId: string, { eventType: name, payloadText }: NewMessage): Promise<void> {
    const eventType = await this.eventTypes.named(environmentId, name);
    if (!eventType) throw ApiError.invalidField('event_type', 'is not an event type of this environment');
    if (eventType.status === 'archived') throw ApiError.invalidField('event_type', 'is archived');
    if (!eventType.validator) return;
    const errors = eventType.validator(documentOf(payloadText), Buffer.byteLength(payloadText, 'utf8'));
    if (errors.length > 0) throw new ApiError('schema_mismatch', { sentence: MISFIT, validationErrors: errors });
  }
}

const MISFIT = 'The payload does not fit the schema of its event type';

/** Under which a message can be found again. What names the whole request is last. */
function namesOf({ id: scopeId, environmentId }: Sender, message: NewMessage): MessageKey[] {
  const { eventType, payloadText, eventId, channels, payloadRetentionDays: days, idempotencyKey: key } = message;
  const names: MessageKey[] = [];
  if (eventId !== undefined) names.push({ scopeId, environmentId, key: eventId, requestHash: null, expiresAt: null });
  if (key !== undefined) {
    const request = [scopeId, eventType, eventId, channels, payloadText, ...(days ? [days] : [])];
    const requestHash = hash('sha256', JSON.stringify(request), 'buffer');
    const expiresAt = new Date(Date.now() + IDEMPOTENCY_MS);
    names.push({ scopeId: environmentId, environmentId, key, requestHash, expiresAt });
  }
  return names;
}

/** A request that is sent again gets the answer that it got before. */
function asPosted(message: Message): Message {
  return { ...message, status: 'received' };
}

/** A payload that was posted as text may be no JSON: then it is that text. */
function documentOf(payloadText: string): unknown {
  try {
    return JSON.parse(payloadText) as unknown;
  } catch {
    return payloadText;
  }
}
