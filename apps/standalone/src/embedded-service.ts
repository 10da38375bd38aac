import { type SupervisedProcess, type Supervisor } from './supervised-process.js';

/** What the embedded PostgreSQL and the embedded Redis need to know. */
export interface EmbeddedOptions {
  /** where the service keeps its data and its log; created when missing, not shared with anything else */
  directory: string;
  password: string;
  /** false trades safety in a power cut for speed; for tests */
  durable: boolean;
  supervisor: Supervisor;
  /** aborts the start */
  signal?: AbortSignal;
}

/** A service that runs and answers. */
export interface EmbeddedService {
  /** connection URL, with the password */
  url: string;
  process: SupervisedProcess;
}
