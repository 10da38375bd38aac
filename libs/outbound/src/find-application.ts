import { type EntityManager } from '@mikro-orm/postgresql';
import { parseId } from '#libs/crypto';
import { ApiError } from '#libs/errors';
import { isApplicationUid } from './application-uid.js';
import { Application } from './application.entity.js';

/**
 * The application that an id, with or without its prefix, or a uid names. No uid is another application's id.
 *
 * @throws ApiError `application_not_found`
 */
export async function findApplication(em: EntityManager, environmentId: string, idOrUid: string): Promise<Application> {
  const id = parseId(idOrUid);
  const names = [...(id ? [{ id }] : []), ...(isApplicationUid(idOrUid) ? [{ uid: idOrUid }] : [])];
  const application = names.length > 0 && (await em.findOne(Application, { environmentId, $or: names }));
  if (!application) throw new ApiError('application_not_found');
  return application;
}
