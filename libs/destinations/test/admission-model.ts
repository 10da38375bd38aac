import { type AdmissionPolicy, type CircuitTransition, type SlotOutcome, type StartVerdict } from '#libs/destinations';

interface Member {
  started: boolean;
  /** Its lease has ended: it counts until the next purge. */
  expired: boolean;
}

/** What the scripts of admission should do, written down once more, without Redis and without clocks. */
export class AdmissionModel {
  readonly window = new Map<string, Member>();
  backlog = false;
  refilling = false;
  wokenMeanwhile = false;
  isOpen = false;
  failures = 0;
  /** The open circuit's time is not over yet. */
  isShut = false;
  probe: string | null = null;

  reserve({ limit, threshold }: AdmissionPolicy, ids: string[]): number {
    if (limit <= 0 || this.backlog || this.opened(threshold)) return 0;
    if (limit - this.window.size < ids.length) this.purge();
    return this.add(ids, Math.max(0, limit - this.window.size));
  }

  /** @returns `shut` for a negative answer */
  wake(policy: AdmissionPolicy): number | 'shut' {
    this.purge();
    this.backlog = true;
    return this.opened(policy.threshold) && this.isShut ? 'shut' : this.take(policy);
  }

  refilled(policy: AdmissionPolicy, ids: string[], exhausted: boolean, blocked: boolean) {
    this.purge();
    const open = this.opened(policy.threshold);
    const accepted = this.add(ids, this.room(policy, open));
    if (accepted > 0 && open) this.probe = ids[0] ?? null;
    const again = this.wokenMeanwhile;
    this.wokenMeanwhile = this.refilling = false;
    if (!again && exhausted) this.backlog = false;
    if (!again && (exhausted || blocked)) return { accepted, room: 0 };
    return { accepted, room: this.take(policy) };
  }

  start(policy: AdmissionPolicy, ids: string[], claim: boolean): StartVerdict['kind'][] {
    const before = new Map([...this.window].map(([id, member]) => [id, { ...member }]));
    const open = this.opened(policy.threshold);
    if (claim) this.purge();
    const size = this.window.size;
    let fresh = 0;
    const verdicts = ids.map((id): StartVerdict['kind'] => {
      const member = before.get(id);
      if (member?.started && !member.expired) return 'skip';
      if (policy.limit <= 0) return 'hold';
      if (open) {
        if (this.isShut) return 'hold';
        if (!this.probe && claim) this.probe = id;
        return this.probe === id ? 'go' : 'hold';
      }
      if (member) return 'go';
      if (!claim || size + fresh >= policy.limit) return 'hold';
      fresh++;
      return 'go';
    });
    ids.forEach((id, index) => {
      if (verdicts[index] === 'go') this.window.set(id, { started: true, expired: false });
      if (verdicts[index] === 'hold') this.window.delete(id);
    });
    return verdicts;
  }

  finish(policy: AdmissionPolicy, ids: string[], outcomes: SlotOutcome[]) {
    for (const id of ids) this.window.delete(id);
    const transition = policy.threshold > 0 ? this.learn(policy.threshold, ids, outcomes) : null;
    if (!this.backlog) return { room: 0, transition };
    this.purge();
    return { room: this.take(policy), transition };
  }

  beat(ids: string[]): void {
    for (const id of ids) this.window.set(id, { started: true, expired: false });
  }

  audit(ids: string[]): ('none' | 'queued' | 'sending')[] {
    this.purge();
    return ids.map((id) => {
      const member = this.window.get(id);
      return !member ? 'none' : member.started ? 'sending' : 'queued';
    });
  }

  private learn(threshold: number, ids: string[], outcomes: SlotOutcome[]): CircuitTransition {
    if (this.isOpen) {
      const outcome = this.probe === null ? undefined : outcomes[ids.indexOf(this.probe)];
      if (!outcome) return null;
      this.probe = null;
      if (outcome === 'failed') return this.open(this.failures + 1, 'reopened');
      if (outcome === 'none') return null;
      this.isOpen = this.isShut = false;
      this.failures = 0;
      return 'closed';
    }
    for (const outcome of outcomes) {
      if (outcome === 'ok') this.failures = 0;
      if (outcome === 'failed') this.failures++;
    }
    return outcomes.lastIndexOf('failed') > outcomes.lastIndexOf('ok') && this.failures >= threshold
      ? this.open(this.failures, 'opened')
      : null;
  }

  private open(failures: number, transition: CircuitTransition): CircuitTransition {
    this.isOpen = this.isShut = true;
    this.failures = failures;
    return transition;
  }

  private opened(threshold: number): boolean {
    return threshold > 0 && this.isOpen;
  }

  private room({ limit }: AdmissionPolicy, open: boolean): number {
    if (limit <= 0) return 0;
    if (open) return this.isShut || this.probe ? 0 : 1;
    return Math.max(0, limit - this.window.size);
  }

  private take(policy: AdmissionPolicy): number {
    if (!this.backlog) return 0;
    if (this.refilling) {
      this.wokenMeanwhile = true;
      return 0;
    }
    const open = this.opened(policy.threshold);
    const room = this.room(policy, open);
    if (room === 0 || (!open && room < Math.ceil(policy.limit / 4))) return 0;
    this.refilling = true;
    return room;
  }

  private add(ids: string[], room: number): number {
    const count = Math.min(ids.length, room);
    for (const id of ids.slice(0, count)) {
      if (!this.window.has(id)) this.window.set(id, { started: false, expired: false });
    }
    return count;
  }

  private purge(): void {
    for (const [id, { expired }] of this.window) if (expired) this.window.delete(id);
  }
}
