import { applyDecorators, Controller, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ViewSerializer } from './view-serializer.js';

/** Names of everything that a scope can be about. */
export const RESOURCES = new Set<string>();

/** Under which a controller's resource is found. */
export const RESOURCE = 'resource';

/**
 * A controller of the API: its answers are views, serialized as the contract wants them, and a key needs the scope of
 * its resource.
 *
 * @param tag group in the documentation
 * @param path under `/v1`; its first segment (after `auth/`) is the resource
 */
export const Resource = (tag: string, path: string) => {
  const [resource = ''] = path.replace(/^auth\//, '').split('/');
  RESOURCES.add(resource);
  return applyDecorators(
    Controller(`v1/${path}`),
    ApiTags(tag),
    SetMetadata(RESOURCE, resource),
    UseInterceptors(ViewSerializer),
  );
};
