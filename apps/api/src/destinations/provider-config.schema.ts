import { PROVIDER_FIELDS, type ProviderField } from '#libs/destinations';

/** How the API's description shows a schema. */
interface Schema {
  type: string;
  [key: string]: unknown;
}

/** `provider_config` of every type, from the table that also validates it. */
export const PROVIDER_CONFIG_SCHEMAS: Schema[] = Object.entries(PROVIDER_FIELDS).map(([type, fields]) => ({
  type: 'object',
  title: type,
  description: `When \`type\` is \`${type}\``,
  additionalProperties: false,
  properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
  // What depends on other fields is in their descriptions.
  ...requiredOf(fields),
}));

function fieldSchema({ description, example, secret, values }: ProviderField): Schema {
  return {
    type: 'string',
    description: secret ? `${description}. Shown masked` : description,
    example,
    ...(values && { enum: [...values], default: values[0] }),
    ...(secret && { format: 'password' }),
  };
}

function requiredOf(fields: readonly ProviderField[]): { required?: string[] } {
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return required.length > 0 ? { required } : {};
}
