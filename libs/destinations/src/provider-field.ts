import { type SealedConfig } from './sealed-config.js';

/** What a check of `provider_config` may ask about this installation. */
export interface ProviderPolicy {
  /** @returns what is wrong with a URL, worded to follow the field's name; undefined if it may be called */
  checkUrl: (url: string) => string | undefined;
  /** Whether destinations may use the AWS credentials of the worker. */
  awsDefaultCredentials: boolean;
}

/** A field of `provider_config`. Values are text. Validation, masking and the API's description all come from here. */
export interface ProviderField {
  name: string;
  required: boolean;
  /** Masked in answers. */
  secret: boolean;
  description: string;
  example: string;
  /** Must be a URL that may be called. */
  isUrl?: boolean;
  /** The only values it takes; the first is the default. */
  values?: readonly string[];
  /** Whether it is needed, given the rest. @defaultValue what `required` says */
  needed?: (config: SealedConfig) => boolean;
  /** What is wrong with a value, worded to follow the field's name; undefined if nothing is. */
  problem?: (value: string, config: SealedConfig, policy: ProviderPolicy) => string | undefined;
}

type Options = Pick<ProviderField, 'isUrl' | 'values' | 'needed' | 'problem'>;
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

export const optionalSecret: Field = (name, description, example, options) => ({
  ...optional(name, description, example, options),
  secret: true,
});

/** One of a few words; the first is the default. */
export const oneOf = (name: string, values: readonly string[], description: string, options?: Options): ProviderField =>
  optional(name, description, values[0] as string, { ...options, values });

/** @param message worded to follow the field's name: `must be …` */
export const matches =
  (pattern: RegExp, message: string) =>
  (value: string): string | undefined =>
    pattern.test(value) ? undefined : message;
