export { type AttemptFilter, type AttemptRow, AttemptsService, type DeliverySummary } from './attempts.service.js';
export { DeliveriesModule } from './deliveries.module.js';
export { ATTEMPT_STATUSES, type AttemptStatus, DeliveryAttempt } from './delivery-attempt.entity.js';
export { DeliveryEngineModule } from './delivery-engine.module.js';
export { Delivery, type DeliveryState, type TriggerType } from './delivery.entity.js';
export { DeliveryService } from './delivery.service.js';
export { DestinationTester } from './destination-tests/destination-tester.js';
export { DestinationTestsService } from './destination-tests/destination-tests.service.js';
export { PayloadRemovalsService } from './payload-removals.service.js';
export { RefillsService } from './refills.service.js';
export { OUTCOMES, type Outcome } from './explain/explanation.js';
export { type Explanation, ExplanationsService } from './explain/explanations.service.js';
export {
  type MessageAttempt,
  type MessageAttemptFilter,
  MessageDeliveriesService,
  type MessageDelivery,
} from './message-deliveries.service.js';
export { type ReplaySize } from './replays/create-replay.js';
export { type NewRecovery, NewRecoveriesService } from './replays/new-recoveries.service.js';
export { type NewBulkRetry, type NewReplay, NewReplaysService } from './replays/new-replays.service.js';
export { REPLAY_KINDS, REPLAY_STATUSES, type ReplayKind, type ReplayStatus } from './replays/replay.entity.js';
export { type ReplayFilter, type ReplayProgress, ReplaysService } from './replays/replays.service.js';
export { RetriesService, type RetriedDelivery } from './retries.service.js';
export { RouterService } from './router.service.js';
