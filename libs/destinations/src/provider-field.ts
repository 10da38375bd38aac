/** A field of `provider_config`. Values are text. */
export interface ProviderField {
  name: string;
  required: boolean;
  /** Masked in answers. */
  secret: boolean;
  description: string;
  example: string;
  /** Must be a URL that may be called. */
  isUrl?: boolean;
  /** What is wrong with a value, worded to follow the field's name; undefined if nothing is. */
  problem?: (value: string) => string | undefined;
}

type Options = Pick<ProviderField, 'isUrl' | 'problem'>;
type Field = (name: string, description: string, example: string, options?: Options) => ProviderField;

export const required: Field = (name, description, example, options) => ({
  ...{ name, required: true, secret: false, description, example },
  ...options,
});

export const optional: Field = (name, description, example, options) => ({
  ...required(name, description, example, options),
  required: false,
});

export const requiredSecret: Field = (name, description, example, options) => ({
  ...required(name, description, example, options),
  secret: true,
});

/** @param message worded to follow the field's name: `must be …` */
export const matches =
  (pattern: RegExp, message: string) =>
  (value: string): string | undefined =>
    pattern.test(value) ? undefined : message;
