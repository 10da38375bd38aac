import { describe, expect, it } from '@jest/globals';
import { readClientMessage } from './client-message.js';

describe('A message of a WebSocket client', () => {
  it.each([
    ['{"type":"subscribe","channel":"orders"}', { type: 'subscribe', channel: 'orders' }],
    ['{"type":"unsubscribe","channel":"Orders_1.new-2"}', { type: 'unsubscribe', channel: 'Orders_1.new-2' }],
    ['{"type":"ack","id":"a","more":1}', { type: 'ack', id: 'a' }],
  ])('is read: %s', (text, message) => expect(readClientMessage(text)).toEqual(message));

  it.each([
    '',
    'subscribe',
    'null',
    '[]',
    '{}',
    '{"type":"publish","channel":"orders"}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","channel":["orders"]}',
    '{"type":"subscribe","channel":"a:b"}',
    '{"type":"subscribe","channel":""}',
    '{"type":"subscribe","channel":"events"}',
    '{"type":"ack","id":7}',
  ])('is refused with a sentence: %s', (text) =>
    expect(readClientMessage(text)).toEqual({ type: 'invalid', error: expect.stringMatching(/^.{10,}\.$/) }),
  );
});
