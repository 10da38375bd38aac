import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DateInput, Optional } from '../http/input.js';
import { TenantDto } from '../http/tenant.dto.js';

const SINCE = { type: 'string', format: 'date-time', example: '2026-03-01T00:00:00Z' } as const;

abstract class RecoveryDto extends TenantDto {
  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    description: 'Messages posted before this time, after `since`; now when left out. UTC when it does not say',
    example: '2036-03-02T00:00:00Z',
  })
  @Optional()
  @DateInput()
  until?: Date;
}

export class RecoverDto extends RecoveryDto {
  @ApiProperty({ ...SINCE, description: 'Messages posted at this time or later; UTC when it does not say' })
  @DateInput()
  since: Date;
}

export class ReplayMissingDto extends RecoveryDto {
  @ApiPropertyOptional({
    ...SINCE,
    description:
      'Messages posted at this time or later; when the endpoint was made when left out. UTC when it does not say',
  })
  @Optional()
  @DateInput()
  since?: Date;
}
