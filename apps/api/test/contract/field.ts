/** JSON types as the API reference writes them. */
export type WireType = 'string' | 'string | null' | 'integer' | 'integer | null';

/** A field of a request and one value of it. */
export interface RequestField {
  name: string;
  value: unknown;
  /** What the answer shows for it. @defaultValue the value itself */
  shown?: unknown;
  /** The field of the answer that shows it; null when none does. @defaultValue the same name */
  shownAs?: string | null;
  /** Other fields it makes sense with. */
  beside?: object;
}

/** An operation of the API reference. */
export interface Operation {
  method: 'post' | 'patch';
  /** `:name` stands for an id. */
  path: string;
  /** What wraps the object of the answer. */
  wrapper: string;
  status: number;
  /** Fields that cannot be left out, each with a value. */
  required: Record<string, string>;
  fields: RequestField[];
  /** What the answer shows when only required fields are sent. */
  defaults: object;
  /** What a plan limits the number of, if it does; answered 403. */
  limited?: 'destinations' | 'endpoints';
  /** Fields that every answer has. */
  response: Record<string, WireType>;
}

/** Whether a JSON value has the documented type. */
export function hasWireType(value: unknown, type: WireType): boolean {
  return type.split(' | ').some((name) => {
    switch (name) {
      case 'string':
        return typeof value === 'string';
      case 'integer':
        return Number.isSafeInteger(value);
      default:
        return value === null;
    }
  });
}
