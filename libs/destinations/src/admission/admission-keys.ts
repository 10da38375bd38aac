import { type SharedRate } from './admission-policy.js';

/** What Redis keeps of one destination. One hash tag, hence one slot of a Redis Cluster. Anything of it may be lost. */
export function admissionKeys(destinationId: string) {
  const tag = `{d:${destinationId}}`;
  return {
    /** Sorted set: delivery id by `lease in ms * 2 + 1 if it is being sent`. */
    window: `${tag}:w`,
    /**
     * Hash: `b` there may be a backlog, `l` a refill runs until (ms), `a` woken meanwhile, `tat` next start of a limited rate, `due` and
     * `pace` when the waiting rows' turn is at a shared rate, and at which. */
    state: `${tag}:s`,
    /** Hash: `state`, `failures`, and `opened_at`, `last_failure_at` in milliseconds. */
    circuit: `${tag}:c`,
    /** Lives while an open circuit lets nothing through. */
    open: `${tag}:open`,
    /** The delivery that tests the destination of an open circuit. */
    probe: `${tag}:probe`,
  };
}

/** Hash of a rate that several destinations share: `tat` its next delivery, `turn` the last turn that was given away. */
export function sharedRateKey({ id, intervalMicros }: Pick<SharedRate, 'id' | 'intervalMicros'>): string {
  return `{r:${id}}:${intervalMicros}`;
}
