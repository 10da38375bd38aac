import { type LoggerService } from '@nestjs/common';
import { pino, type Logger, type LoggerOptions } from 'pino';

/** Structured log: one JSON object per line on standard output. An abstract class, so that it can be injected by type. */
export abstract class Log {
  abstract debug(fields: object, message: string): void;
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
}

/**
 * @param app name of the process, in every line
 * @param level least severe level that is written
 */
export function createLogger(app: string, level: string): Logger {
  const options: LoggerOptions = {
    level,
    base: { app },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  // Lines that come while one is being written go out together with the next write.
  return pino(options, pino.destination({ sync: false }));
}

/** Nest's own messages as structured lines: its start-up chatter is debug, its warnings and errors stay. */
export function nestLogger(log: Log): LoggerService {
  return {
    log: (message: unknown, context?: string) => log.debug({ context }, String(message)),
    debug: (message: unknown, context?: string) => log.debug({ context }, String(message)),
    warn: (message: unknown, context?: string) => log.warn({ context }, String(message)),
    error: (message: unknown, stack?: string, context?: string) => log.error({ context, stack }, String(message)),
  };
}
