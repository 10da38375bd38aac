import { type EntityManager } from '@mikro-orm/postgresql';
import { newId } from '#libs/crypto';
import { type Principal } from '#libs/tenancy';
import { Replay } from './replay.entity.js';
import { type ReplayProgress } from './replays.service.js';

/** How much a job would do. */
export interface ReplaySize {
  total: number;
  isEstimate: boolean;
}

/** What a job is about; everything else of it is new. */
type NewJob = Pick<Replay, 'kind' | 'rateLimit' | 'firstId' | 'lastId'> & Partial<Replay>;

/** Stores a job of the caller. The worker makes its first step within a second. */
export async function createReplay(
  em: EntityManager,
  { organizationId, environmentId }: Principal,
  { total, isEstimate: totalIsEstimate }: ReplaySize,
  job: NewJob,
): Promise<ReplayProgress> {
  const fork = em.fork();
  const owner = { id: newId(), organizationId, environmentId };
  const replay = fork.create(Replay, { ...job, ...owner, total, totalIsEstimate, cursorId: job.firstId });
  await fork.flush();
  return { replay, succeeded: 0, failed: 0, cancelled: 0, pending: 0 };
}
