import 'reflect-metadata';
import { type Type } from '@nestjs/common';

const VIEW = Symbol('view');
/** Where @nestjs/swagger keeps the names of a class's documented properties, each after a colon. */
const DOCUMENTED = 'swagger/apiModelPropertiesArray';

/**
 * Tells which view shows what this DTO sets. Fields that only the view has (`id`, `created_at`, `event_count`, …) may come back in a
 * request body and are ignored there, so that an answer can be sent back as it is (contract, decision 2).
 */
export const ShownAs =
  (view: Type): ClassDecorator =>
  (dto) =>
    Reflect.defineMetadata(VIEW, view, dto);

/** The body without the fields that only the DTO's view has; the same body when the DTO has no view. */
export function withoutReadOnlyFields(body: object, dto: Type | undefined): object {
  const view = dto && (Reflect.getMetadata(VIEW, dto) as Type | undefined);
  if (!view) return body;
  const settable = documentedFields(dto);
  const readOnly = documentedFields(view);
  return Object.fromEntries(Object.entries(body).filter(([name]) => settable.has(name) || !readOnly.has(name)));
}

function documentedFields(type: Type): Set<string> {
  const names = (Reflect.getMetadata(DOCUMENTED, type.prototype as object) ?? []) as string[];
  return new Set(names.map((name) => name.slice(1)));
}
