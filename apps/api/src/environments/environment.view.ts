import { ApiProperty } from '@nestjs/swagger';
import { type Environment } from '#libs/tenancy';
import { ListView } from '../http/list.dto.js';
import { WireDate, WireId } from '../http/output.js';

/** An environment as answers show it. */
export class EnvironmentView {
  @WireId('Its id: 32 hex digits')
  id: string;

  @WireId('Organization it belongs to')
  org_id: string;

  @ApiProperty({ description: 'Display name', example: 'Staging' })
  name: string;

  @ApiProperty({ description: 'Unique within the organization', example: 'staging' })
  slug: string;

  @WireDate('When it was made')
  created_at: Date;

  static of(environment: Environment): EnvironmentView {
    return Object.assign(new EnvironmentView(), {
      id: environment.id,
      org_id: environment.organizationId,
      name: environment.name,
      slug: environment.slug,
      created_at: environment.createdAt,
    });
  }
}

export class EnvironmentResponse {
  @ApiProperty({ description: 'The environment' })
  environment: EnvironmentView;
}

export class EnvironmentsResponse extends ListView {
  @ApiProperty({ type: [EnvironmentView], description: 'Newest first' })
  environments: EnvironmentView[];
}
