import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { RECOVERY_MS, runChaos } from './chaos/chaos.js';
import { FAULT_KINDS, type FaultKind, isFreeze } from './chaos/plan.js';
import { format } from './chaos/report.js';

const SHORT_SECONDS = 60;
/** Start, stop, and a freeze that outlasts the load. */
const MARGIN_MS = 180_000;

const { CHAOS_SEED, CHAOS_SECONDS, CHAOS_FAULTS, CHAOS_REPORT } = process.env;
const seed = Number(CHAOS_SEED || randomInt(2 ** 31));
const seconds = Number(CHAOS_SECONDS || SHORT_SECONDS);

/** Short: `npm test`. Long: `npm run test:chaos`, which also stops processes for longer than the leases. */
function kinds(): readonly FaultKind[] {
  if (!CHAOS_FAULTS) return CHAOS_SECONDS ? FAULT_KINDS : FAULT_KINDS.filter((kind) => !isFreeze(kind));
  const names = CHAOS_FAULTS.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(FAULT_KINDS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`CHAOS_FAULTS: ${unknown.join(', ')} is none of ${FAULT_KINDS.join(', ')}`);
  return names as FaultKind[];
}

const print = (text: string) => process.stdout.write(`${text}\n`);

describe('When everything around it fails now and then', () => {
  it(
    'every event answered 200 is delivered or a dead letter with a cause',
    async () => {
      print(`chaos: CHAOS_SEED=${seed} CHAOS_SECONDS=${seconds} repeats this run`);
      const report = await runChaos({ seed, seconds, kinds: kinds(), tell: (line) => print(`chaos: ${line}`) });
      const { problems } = report.verdict;
      print(`chaos: ${problems.length === 0 ? 'nothing was lost' : 'FAILED'}\n${format(report)}`);
      if (CHAOS_REPORT) writeFileSync(CHAOS_REPORT, JSON.stringify(report, null, 2));
      expect(problems).toEqual([]);
      // Logs of a run that failed stay.
      rmSync(report.logs, { recursive: true });
    },
    seconds * 1000 + RECOVERY_MS + MARGIN_MS,
  );
});
