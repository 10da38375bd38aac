import { ApiProperty } from '@nestjs/swagger';
import { WireDate, WireId } from './output.js';

/** Whose something is. */
export abstract class OwnedView {
  @WireId('Its id: 32 hex digits')
  id: string;

  @WireId('Organization it belongs to')
  org_id: string;

  @WireId('Environment it belongs to')
  env_id: string;
}

/** What everything that people make has in common. */
export abstract class ResourceView extends OwnedView {
  @ApiProperty({ description: 'Display name', example: 'Orders' })
  name: string;

  @WireDate('When it was made')
  created_at: Date;

  @WireDate('When it was last changed')
  updated_at: Date;
}

/** An entity that is shown as a {@link ResourceView}. */
interface Resource {
  id: string;
  organizationId: string;
  environmentId: string;
  name: string;
  createdAt: Date;
  updatedAt: Date;
}

/** The fields of a {@link ResourceView}. */
export function resourceFields(resource: Resource): ResourceView {
  return {
    id: resource.id,
    org_id: resource.organizationId,
    env_id: resource.environmentId,
    name: resource.name,
    created_at: resource.createdAt,
    updated_at: resource.updatedAt,
  };
}
