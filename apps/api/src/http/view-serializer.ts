import 'reflect-metadata';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';

const WRITE = Symbol('write');
type Write = (value: unknown) => unknown;

/** How a property of a view is written; without it, as it is. */
export const Wire =
  (write: Write): PropertyDecorator =>
  (view, name) =>
    Reflect.defineMetadata(WRITE, write, view, name);

/** Writes views as the contract wants them (decision 1). */
@Injectable()
export class ViewSerializer implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(toWire));
  }
}

/**
 * What answers carry for a view, or for anything that has views in it. Every own property counts, whatever its name: of headers
 * and query parameters senders choose the names, and they may be `constructor` or `__proto__`.
 */
export function toWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const write = Reflect.getMetadata(WRITE, value, name) as Write | undefined;
      return [name, write ? write(inner) : toWire(inner)];
    }),
  );
}
