import { setTimeout } from 'node:timers/promises';
import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { newId } from '#libs/crypto';
import { DestinationsService } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { Log } from '#libs/observability';
import { ChannelListener, DELIVER_QUEUE, TEST_JOB, type TestJob } from '#libs/queues';
import { type Principal } from '#libs/tenancy';
import { type AttemptRow, AttemptsService } from '../attempts.service.js';
import { type TestAnswer } from './test-answer.js';

/** A test comes before all other jobs: a worker that runs takes it at once. */
const TAKEN_WITHIN_MS = 5_000;
/** Beyond the destination's own time limit: to record the attempt. */
const RECORDED_WITHIN_MS = 5_000;

/** Has a worker try destinations out, and waits for what comes of it. */
@Injectable()
export class DestinationTestsService {
  constructor(
    @InjectQueue(DELIVER_QUEUE) private readonly queue: Queue<TestJob>,
    @Inject(ChannelListener) private readonly listener: ChannelListener,
    @Inject(DestinationsService) private readonly destinations: DestinationsService,
    @Inject(AttemptsService) private readonly attempts: AttemptsService,
    @Inject(Log) private readonly log: Log,
  ) {}

  /**
   * Sends one sample event, whatever the destination's status or circuit.
   *
   * @returns the attempt, failed or not
   * @throws ApiError `destination_not_found`; `test_not_taken`, `test_unanswered` when no worker says in time
   */
  async run(principal: Principal, destinationId: string): Promise<AttemptRow> {
    const { timeoutMs } = await this.destinations.get(principal, destinationId);
    const replyTo = `hookstream:test:${newId()}`;
    const [started, ended] = [Promise.withResolvers<TestAnswer>(), Promise.withResolvers<TestAnswer>()];
    const hear = (message: Buffer) => {
      const answer = JSON.parse(message.toString()) as TestAnswer;
      (answer.kind === 'started' ? started : ended).resolve(answer);
    };
    try {
      const asked = this.ask(destinationId, replyTo, hear).then(() => started.promise);
      if (!(await within(TAKEN_WITHIN_MS, asked))) throw new ApiError('test_not_taken');
      const answer = await within(timeoutMs + RECORDED_WITHIN_MS, ended.promise);
      return await this.outcome(principal, answer);
    } finally {
      // From now on a worker that takes the job leaves it.
      this.listener.stop(replyTo);
    }
  }

  private async ask(destinationId: string, replyTo: string, hear: (message: Buffer) => void): Promise<void> {
    await this.listener.listen(replyTo, hear);
    try {
      await this.queue.add(TEST_JOB, { destinationId, replyTo }, { lifo: true });
    } catch (err) {
      this.log.warn({ err, destination_id: destinationId }, 'a test was not enqueued');
      throw new ApiError('test_not_taken');
    }
  }

  private async outcome(principal: Principal, answer: TestAnswer | undefined): Promise<AttemptRow> {
    switch (answer?.kind) {
      case 'sent':
        return this.attempts.get(principal, answer.attemptId);
      case 'gone':
        throw new ApiError('destination_not_found');
      case 'failed':
        throw new ApiError('internal');
      case 'started':
      case undefined:
        throw new ApiError('test_unanswered');
    }
  }
}

/** @returns undefined when it takes longer */
function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return Promise.race([work, setTimeout(ms, undefined, { ref: false })]);
}
