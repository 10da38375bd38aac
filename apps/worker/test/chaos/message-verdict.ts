import { type TestDatabase } from '#libs/testing';
import { type Addressed, addresseesOf, ENDPOINTS } from './applications.js';
import { type MessageInbox, type ReceivedMessage } from './message-inbox.js';
import { type MessageLoad } from './message-load.js';
import { type Topology } from './setup.js';
import { hex } from './verdict-queries.js';

/** Tells of one kind of problem; none when nothing was found. */
export type ExpectNone = (found: unknown[], what: string) => void;

interface StoredMessage extends Addressed {
  id: string;
  text: string | null;
  /** Numbers of the endpoints it has deliveries for, ascending. */
  endpoints: number[];
}

/** What must be true of messages beside what is true of all deliveries. */
export class MessageJudge {
  constructor(
    private readonly database: TestDatabase,
    private readonly topology: Topology,
    private readonly load: MessageLoad,
    private readonly inbox: MessageInbox,
    private readonly expectNone: ExpectNone,
  ) {}

  /** @param probes ids of messages that were posted when every secret had been rotated */
  async judge(probes: ReadonlySet<string>): Promise<void> {
    const stored = await this.read();
    this.checkStored(stored);
    this.checkReceived(stored, probes);
  }

  private async read(): Promise<Map<string, StoredMessage>> {
    const numbers = new Map(this.topology.endpointIds.map((id, number) => [id, number]));
    const rows = await this.database.query<Row>(MESSAGES);
    return new Map(
      rows.map(({ id, uid, event_type: eventType, channels, text, endpoint_ids: ids }) => {
        const endpoints = ids.map((endpointId) => numbers.get(endpointId) ?? -1).sort((a, b) => a - b);
        return [
          id,
          { id, application: Number(uid.split('-')[1]), eventType, channels: channels ?? [], text, endpoints },
        ];
      }),
    );
  }

  /** Every message answered 201 is stored as posted, once, with a delivery for each endpoint that takes it and no other. */
  private checkStored(stored: Map<string, StoredMessage>): void {
    const { accepted, doubled } = this.load;
    this.expectNone(doubled, 'messages were answered with two ids');
    this.expectNone(
      [...accepted.keys()].filter((id) => !stored.has(id)),
      'messages answered 201 are not stored',
    );
    const isOther = (id: string, { text, application, eventType, channels }: StoredMessage) => {
      const posted = accepted.get(id);
      const addressed = (message: Addressed) => [message.application, message.eventType, [...message.channels]];
      return (
        posted &&
        JSON.stringify([posted.text, addressed(posted)]) !==
          JSON.stringify([text, addressed({ application, eventType, channels })])
      );
    };
    this.expectNone(
      [...stored].filter(([id, message]) => isOther(id, message)),
      'messages are stored other than they were posted',
    );
    const texts = [...stored.values()].map(({ text }) => text);
    this.expectNone(
      texts.filter((text, index) => texts.indexOf(text) !== index),
      'messages are stored twice',
    );
    // Of what is disabled at the end it depends on the time.
    const lasting = (numbers: number[]) => numbers.filter((number) => ENDPOINTS[number]?.behaviour !== 'dead');
    const isAstray = (message: StoredMessage) => {
      const addressees = addresseesOf(message);
      const strangers = message.endpoints.filter((number) => !addressees.includes(number));
      return strangers.length > 0 || String(lasting(addressees)) !== String(lasting(message.endpoints));
    };
    this.expectNone(
      [...stored.values()].filter(isAstray),
      'messages have deliveries for other endpoints than those that take them',
    );
  }

  /** Every request carries a message to an endpoint that takes it, byte for byte and signed. */
  private checkReceived(stored: Map<string, StoredMessage>, probes: ReadonlySet<string>): void {
    const { received } = this.inbox;
    const isOther = ({ id, text, endpoint }: ReceivedMessage) => {
      const message = stored.get(id);
      return message?.text !== text || !message.endpoints.includes(endpoint);
    };
    this.expectNone(received.filter(isOther), 'requests carry another message than their webhook-id says');
    this.expectNone(
      received.filter(({ verifies }) => !verifies[0]),
      'requests do not verify',
    );
    this.expectNone(
      received.filter(({ id, verifies }) => probes.has(id) && verifies.includes(false)),
      'requests do not verify with every secret after a rotation',
    );
  }
}

interface Row {
  id: string;
  uid: string;
  event_type: string;
  channels: string[] | null;
  text: string | null;
  endpoint_ids: string[];
}

const MESSAGES = `
select ${hex('id')}, uid, event_type, channels, text, endpoint_ids from (
  select e.id, a.uid, e.event_type, e.channels, p.body_text as text,
    array(select replace(destination_id::text, '-', '') from deliveries d where d.event_id = e.id) as endpoint_ids
  from events e join applications a on a.id = e.source_id left join event_payloads p on p.event_id = e.id) m`;
