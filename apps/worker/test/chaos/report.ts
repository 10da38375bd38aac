import { readFileSync } from 'node:fs';
import { TARGETS } from './applications.js';
import { type Death } from './fleet.js';
import { type Injected } from './faults.js';
import { type Answers } from './answers.js';
import { type Inbox } from './receivers.js';
import { type Verdict } from './verdict.js';

/** Everything worth knowing of a run. */
export interface Report {
  seed: number;
  seconds: number;
  /** Events answered 200. */
  events: number;
  answers: Answers;
  longestPauseMs: number;
  /** Messages answered 201, and requests that endpoints got of them. */
  messages: { accepted: number; received: number; answers: Answers };
  faults: Injected[];
  verdict: Verdict;
  /** Requests for an event that its receiver had accepted before. */
  duplicates: number;
  /** By the kind of what a sweep repaired. */
  repairs: Record<string, number>;
  /** Warnings and errors that were logged, by message. */
  warnings: Record<string, number>;
  deaths: Death[];
  destinations: {
    name: string;
    requests: number;
    accepted: number;
    duplicates: number;
    mostOfOne: number;
    mostRunning: number;
  }[];
  /** Directory of the logs of all processes. */
  logs: string;
}

/** One line for each receiver. */
export function summarize(inboxes: Inbox[]): Report['destinations'] {
  return inboxes.map(({ requests, accepted, duplicates, duplicatesOf, mostRunning }, n) => ({
    name: `${TARGETS[n]?.behaviour} ${n}`,
    requests,
    accepted: accepted.size,
    duplicates,
    mostOfOne: Math.max(0, ...duplicatesOf.values()),
    mostRunning,
  }));
}

/** What the logs say of repairs, and of everything else that is not as it should be. */
export function readLogs(files: string[]): Pick<Report, 'repairs' | 'warnings'> {
  const repairs: Record<string, number> = {};
  const warnings: Record<string, number> = {};
  for (const line of files.flatMap((file) => readFileSync(file, 'utf8').split('\n'))) {
    const entry = parsed(line);
    if (!entry || !['warn', 'error', 'fatal'].includes(entry.level)) continue;
    warnings[entry.msg] = (warnings[entry.msg] ?? 0) + 1;
    if (entry.msg === 'repaired' && entry.kind) repairs[entry.kind] = (repairs[entry.kind] ?? 0) + (entry.count ?? 0);
  }
  return { repairs, warnings };
}

/** Whether a worker has sent anything since. @param since as in the log, ISO 8601 */
export function hasSentSince(logFile: string, since: string): boolean {
  const isAttempt = (entry: LogEntry | undefined) => entry?.msg === 'attempt' && entry.time > since;
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .some((line) => isAttempt(parsed(line)));
}

interface LogEntry {
  level: string;
  time: string;
  msg: string;
  kind?: string;
  count?: number;
}

/** Undefined for a line that its process was killed over, and for what Node itself prints. */
function parsed(line: string): LogEntry | undefined {
  try {
    return line.startsWith('{"level"') ? (JSON.parse(line) as LogEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** The report as a table for people. */
export function format(report: Report): string {
  const { verdict, answers, messages } = report;
  const kinds: Record<string, number> = {};
  for (const { kind, hit } of report.faults) if (hit) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const rows: [string, string][] = [
    ['seed', `${report.seed} (${report.seconds} s)`],
    ['faults', list(kinds)],
    ['events answered 200', String(report.events)],
    ['other answers', list({ ...without(answers.byStatus, '200'), ...answers.failures })],
    ['messages answered 201', `${messages.accepted}, in ${messages.received} requests`],
    ['other answers to messages', list({ ...without(messages.answers.byStatus, '201'), ...messages.answers.failures })],
    ['longest pause between 200s', `${(report.longestPauseMs / 1000).toFixed(1)} s`],
    ['deliveries', list(verdict.deliveries)],
    ['dead letters', list(verdict.deadByCause)],
    ['attempts', String(verdict.attempts)],
    ['duplicates at receivers', String(report.duplicates)],
    ['repairs', list(report.repairs)],
    ['deliveries whose job was lost', String(verdict.recovered)],
    ['out of order', String(verdict.order.length)],
    ['failed starts', String(report.deaths.filter(({ wasReady }) => !wasReady).length)],
    ['recovery', verdict.recoverySeconds === null ? 'not in time' : `${verdict.recoverySeconds.toFixed(1)} s`],
    ['warnings logged', list(report.warnings, '\n')],
    ['logs', report.logs],
  ];
  const receivers = report.destinations.map(
    ({ name, requests, accepted, duplicates, mostRunning }) =>
      `  ${name.padEnd(14)} ${[requests, accepted, duplicates, mostRunning].map((n) => String(n).padStart(9)).join('')}`,
  );
  const head = `  ${'receiver'.padEnd(14)} ${['requests', 'accepted', 'twice', 'at once'].map((h) => h.padStart(9)).join('')}`;
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(
    ([name, value]) => `  ${name.padEnd(width)}  ${value.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
  );
  return [...table, '', head, ...receivers].join('\n');
}

function list(counts: Record<string, number>, separator = ', '): string {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return entries.map(([name, n]) => `${name} ${n}`).join(separator) || 'none';
}

function without(counts: Record<string, number>, name: string): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([other]) => other !== name));
}
