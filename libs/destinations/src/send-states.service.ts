import { Inject, Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Log } from '#libs/observability';
import { admissionKeys } from './admission/admission-keys.js';

/** Who asks only wants to know, and can do without. */
const PATIENCE_MS = 500;

/** What Redis knows of some deliveries to a destination. */
export interface SendState {
  circuit: 'closed' | 'open' | 'half_open';
  /** With an open circuit: when a delivery may test the destination. */
  openUntil: Date | null;
  /** Ids of deliveries that are being sent. */
  sending: Set<string>;
}

/** Tells what a destination's deliveries are doing at the moment. */
@Injectable()
export class SendStates {
  constructor(
    @Inject(Redis) private readonly redis: Redis,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * @param deliveryIds at least one
   * @returns undefined when Redis does not answer
   */
  async of(destinationId: string, deliveryIds: string[]): Promise<SendState | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), PATIENCE_MS)));
    const asked = this.ask(destinationId, deliveryIds).catch((err: unknown) => {
      this.log.warn({ err, destination_id: destinationId }, 'what a destination is doing could not be read');
      return undefined;
    });
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }

  private async ask(destinationId: string, deliveryIds: string[]): Promise<SendState> {
    const { circuit, open, window } = admissionKeys(destinationId);
    const [state, openMs, [seconds, microseconds], scores] = await Promise.all([
      this.redis.hget(circuit, 'state'),
      this.redis.pttl(open),
      this.redis.time(),
      this.redis.zmscore(window, ...deliveryIds),
    ]);
    const now = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
    const isOpen = openMs > 0;
    return {
      circuit: state !== 'open' ? 'closed' : isOpen ? 'open' : 'half_open',
      openUntil: state === 'open' && isOpen ? new Date(now + openMs) : null,
      sending: new Set(deliveryIds.filter((_, index) => isBeingSent(scores[index], now))),
    };
  }
}

/** A place in the window is `lease in milliseconds * 2`, and one more once it is being sent. */
function isBeingSent(score: string | null | undefined, now: number): boolean {
  return typeof score === 'string' && Number(score) % 2 === 1 && Number(score) > now * 2 + 1;
}
