import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, createTenant, startOwnServices } from '#libs/testing';
import { TARGETS } from './applications.js';
import { Faults, type Injected } from './faults.js';
import { Fleet } from './fleet.js';
import { MessageInbox } from './message-inbox.js';
import { MessageJudge } from './message-verdict.js';
import { type FaultKind, mayDisorder, planFaults } from './plan.js';
import { Random } from './random.js';
import { Receivers } from './receivers.js';
import { hasSentSince, readLogs, type Report, summarize } from './report.js';
import { Senders } from './senders.js';
import { createTopology, disableDead } from './setup.js';
import { Judge, type OrderViolation } from './verdict.js';

/** Of api and worker each. */
const PROCESSES = 2;
const START_WITHIN_MS = 60_000;
/** A lost job is looked for after 60 s, every 15 s; the rest is the work that was left. */
export const RECOVERY_MS = 150_000;
/** How long after Redis was emptied, or a process went on, an ordered destination may see things out of order. */
const DISORDER_MS = 60_000;

export interface ChaosOptions {
  seed: number;
  /** Length of the load and the faults. */
  seconds: number;
  kinds: readonly FaultKind[];
  /** Told what happens. */
  tell: (line: string) => void;
}

/**
 * Runs the product with servers of its own under load while things go wrong, then lets it recover and looks at what
 * became of every event.
 */
export async function runChaos({ seed, seconds, kinds, tell }: ChaosOptions): Promise<Report> {
  const random = new Random(seed);
  const plan = planFaults(random, seconds, kinds, PROCESSES);
  const logs = mkdtempSync(join(tmpdir(), 'hookstream-chaos-'));
  const inbox = new MessageInbox();
  const behaviours = TARGETS.map(({ behaviour }) => behaviour);
  const receivers = new Receivers(behaviours, random, seconds * 1000, inbox.inspect);
  const services = await startOwnServices();
  const database = await createDatabase(services.environment);
  const fleet = new Fleet(environmentOf(database.url, services.redisUrl), logs);
  let senders: Senders | undefined;
  tell(`logs are in ${logs}`);
  try {
    const [receiverUrl, tenant] = await Promise.all([
      receivers.start(),
      createTenant(database, 'chaos'),
      fleet.start(PROCESSES, START_WITHIN_MS),
    ]);
    const topology = await createTopology(fleet.apiUrls[0] ?? '', tenant.apiKey, receiverUrl);
    topology.secrets.forEach((secret, endpoint) => inbox.learn(endpoint, secret));
    senders = new Senders(fleet.apiUrls, tenant.apiKey, topology, inbox, random);
    const { load, messages } = senders;
    const faults = new Faults(services, fleet, tell);
    receivers.begin();
    const sending = senders.run(seconds * 1000);
    await faults.run(plan);
    tell('the faults are over');
    receivers.mend();
    await fleet.untilReady(START_WITHIN_MS);
    setTimeout(() => senders?.stop(), START_WITHIN_MS).unref();
    await sending;
    await disableDead(fleet.apiUrls[0] ?? '', tenant.apiKey, topology);
    const probedAt = new Date().toISOString();
    const probes = await senders.probe();
    const judge = new Judge(database, topology, load.accepted, receivers.inboxes, services.redisUrl);
    const messageJudge = new MessageJudge(database, topology, messages, inbox, judge.expectNone);
    const verdict = await judge.judge(RECOVERY_MS, () => messageJudge.judge(probes));
    const late = await fleet.stop();
    const destinations = summarize(receivers.inboxes);
    const report = {
      seed,
      seconds,
      events: load.accepted.size,
      answers: load.answers,
      messages: { accepted: messages.accepted.size, received: inbox.received.length, answers: messages.answers },
      longestPauseMs: load.longestPauseMs,
      faults: faults.injected,
      verdict,
      duplicates: destinations.reduce((sum, { duplicates }) => sum + duplicates, 0),
      ...readLogs(fleet.logFiles),
      deaths: fleet.deaths,
      destinations,
      logs,
    };
    const idle = fleet.workerLogs.filter((log) => !hasSentSince(log, probedAt));
    verdict.problems.push(
      ...problemsOf(report),
      ...senders.problems,
      ...idle.map((log) => `a worker sends nothing any more: ${log}`),
      ...late.map((who) => `${who} did not stop when it was told to`),
    );
    return report;
  } finally {
    senders?.stop();
    await Promise.all([fleet.stop(), receivers.stop()]);
    await database.drop().catch(() => undefined);
    await services.stop();
  }
}

/** What is wrong beside the deliveries. */
function problemsOf({ deaths, verdict, faults, destinations }: Report): string[] {
  const died = deaths.filter(({ wasReady }) => wasReady);
  const disorderly = verdict.order.filter((violation) => !isAllowed(violation, faults));
  return [
    ...died.map(({ who, how }) => `${who} ended by itself (${how})`),
    // What a fault interrupts is sent again once.
    ...destinations
      .filter(({ mostOfOne }) => mostOfOne > faults.length)
      .map(({ name, mostOfOne }) => `${name} got an event ${mostOfOne} times after it had accepted it`),
    ...disorderly.map(({ eventId }) => `event ${eventId} was delivered out of order without a reason`),
  ];
}

function isAllowed({ at }: OrderViolation, faults: Injected[]): boolean {
  return faults.some(({ kind, at: faultAt, forMs }) => {
    return mayDisorder(kind) && at > faultAt && at < faultAt + forMs + DISORDER_MS;
  });
}

function environmentOf(databaseUrl: string, redisUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    HOOKSTREAM_KEYRING: `test:${Buffer.alloc(32, 1).toString('base64')}`,
    HOOKSTREAM_ALLOWED_TARGETS: '127.0.0.0/8',
  };
}
