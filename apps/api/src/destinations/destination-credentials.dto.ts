import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { AUTH_TYPES, type AuthType } from '#libs/destinations';
import { AliasInput, Check, IsObjectInput, JsonInput, Nullable, Optional } from '../http/input.js';
import { PROVIDER_CONFIG_SCHEMAS } from './provider-config.schema.js';
import { DeliverySettings } from './delivery-settings.dto.js';

const EXAMPLE_QUEUE = {
  queue_url: 'https://sqs.eu-central-1.amazonaws.com/123456789012/orders',
  region: 'eu-central-1',
  access_key_id: 'AKIAIOSFODNN7EXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

export const IsStringMap = () =>
  Check(
    'isStringMap',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((item) => typeof item === 'string'),
    'must be an object of strings',
  );

/** Settings with secrets: stored encrypted, shown masked; a masked value that is sent back leaves the secret as it is. */
export abstract class DestinationCredentials extends DeliverySettings {
  @ApiPropertyOptional({
    enum: AUTH_TYPES,
    description: 'How deliveries authenticate; `bearer` is an alias of `bearer_token`',
    default: 'none',
    example: 'bearer_token',
  })
  @Optional()
  @AliasInput({ bearer: 'bearer_token' })
  @IsIn(AUTH_TYPES)
  auth_type?: AuthType;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description:
      '`{token}` for bearer_token, `{username, password}` for basic, `{header, value}` for api_key, `{secret}` and if need be ' +
      '`{header, algorithm}` for hmac. Stored encrypted, ' +
      'shown masked; a masked value that is sent back leaves the secret as it is',
    example: { token: 'a-long-random-secret' },
  })
  @Nullable()
  @JsonInput()
  @IsStringMap()
  auth_config?: Record<string, string> | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'Signs deliveries of type http: `secret`, `algorithm` (`sha256` or `sha1`), `header` (`X-hookstream-Signature`), `prefix` ' +
      '(`sha256=`), `include_timestamp` (signs `<Unix seconds>.<body>`), `timestamp_header` (`X-hookstream-Timestamp`)',
    example: { secret: 'a-long-random-secret' },
  })
  @Nullable()
  @IsObjectInput()
  signing_config?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    oneOf: PROVIDER_CONFIG_SCHEMAS,
    nullable: true,
    description:
      'Where to deliver, and for http whom to trust; its fields depend on the type. Secrets are stored encrypted and shown ' +
      'masked. An update replaces the whole object; an empty one changes nothing',
    example: EXAMPLE_QUEUE,
  })
  @Nullable()
  @IsObjectInput()
  provider_config?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Alias of `provider_config`',
    example: EXAMPLE_QUEUE,
  })
  @Nullable()
  @IsObjectInput()
  config?: Record<string, unknown> | null;
}
