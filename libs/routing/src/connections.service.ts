import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#libs/crypto';
import { decodeCursor, type Page, type PageRequest, toPage } from '#libs/database';
import { Destination } from '#libs/destinations';
import { ApiError } from '#libs/errors';
import { Source } from '#libs/sources';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import { checkExpression } from '#libs/transform';
import { Connection, type ConnectionStatus } from './connection.entity.js';
import { parseFilterRules } from './filter/filter-rule.js';

/** What can be set of a connection; undefined leaves it as it is, null clears it. */
export interface ConnectionChanges {
  name?: string;
  description?: string | null;
  enabled?: boolean;
  status?: ConnectionStatus;
  /** As sent; parsed here. */
  filterRules?: unknown[] | null;
  transformEnabled?: boolean;
  /** JSONata. */
  transformExpression?: string | null;
}

export interface NewConnection extends ConnectionChanges {
  name: string;
  sourceId: string;
  destinationId: string;
}

export interface ConnectionFilter extends PageRequest {
  status?: ConnectionStatus;
  sourceId?: string;
  destinationId?: string;
}

@Injectable()
export class ConnectionsService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
  ) {}

  /** Newest first, each with its source and destination. */
  async list({ environmentId }: Principal, filter: ConnectionFilter): Promise<Page<Connection>> {
    const { cursor, limit, status, sourceId, destinationId } = filter;
    const where = {
      environmentId,
      ...(status && { status }),
      ...(sourceId && { source: sourceId }),
      ...(destinationId && { destination: destinationId }),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    const options = { orderBy: { id: 'desc' }, limit: limit + 1, populate: ['source', 'destination'] } as const;
    return toPage(await this.em.fork().find(Connection, where, options), limit);
  }

  /** With its source and destination. @throws ApiError `connection_not_found` */
  async get({ environmentId }: Principal, id: string): Promise<Connection> {
    return this.find(this.em.fork(), environmentId, id);
  }

  /** @throws ApiError `source_not_found`, `destination_not_found`, `invalid_body`, `plan_limit` */
  async create({ organizationId, environmentId }: Principal, input: NewConnection): Promise<Connection> {
    const { sourceId, destinationId, name, ...changes } = input;
    return this.changes.commit(environmentId, async (em) => {
      const source = await em.findOne(Source, { id: sourceId, environmentId });
      if (!source) throw new ApiError('source_not_found');
      const destination = await em.findOne(Destination, { id: destinationId, environmentId });
      if (!destination) throw new ApiError('destination_not_found');
      await this.limits.assertRoom(em, { organizationId }, 'connections');
      const connection = em.create(Connection, {
        id: newId(),
        organizationId,
        environmentId,
        source,
        destination,
        name,
      });
      apply(em, connection, changes);
      return connection;
    });
  }

  /**
   * Its ends cannot be changed.
   *
   * @throws ApiError `connection_not_found`, `invalid_body`
   */
  async update({ environmentId }: Principal, id: string, update: Partial<NewConnection>): Promise<Connection> {
    const { sourceId, destinationId, ...changes } = update;
    return this.changes.commit(environmentId, async (em) => {
      const connection = await this.find(em, environmentId, id);
      ApiError.refuseChange('source_id', sourceId, connection.source.id);
      ApiError.refuseChange('destination_id', destinationId, connection.destination.id);
      apply(em, connection, changes);
      return connection;
    });
  }

  /** No event is routed over it any more; what still waits is cancelled when its turn comes. @throws ApiError `connection_not_found` */
  async delete({ environmentId }: Principal, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      em.remove(await this.find(em, environmentId, id));
    });
  }

  private async find(em: EntityManager, environmentId: string, id: string): Promise<Connection> {
    const connection = await em.findOne(Connection, { id, environmentId }, { populate: ['source', 'destination'] });
    if (!connection) throw new ApiError('connection_not_found');
    return connection;
  }
}

function apply(em: EntityManager, connection: Connection, { filterRules, ...changes }: ConnectionChanges): void {
  em.assign(connection, changes, { ignoreUndefined: true });
  if (filterRules === null) connection.filterRules = null;
  else if (filterRules) {
    const parsed = parseFilterRules(filterRules);
    if ('errors' in parsed) throw ApiError.invalidBody(parsed.errors);
    connection.filterRules = parsed.rules;
  }
  if (changes.transformExpression) {
    const problem = checkExpression(changes.transformExpression);
    if (problem) throw ApiError.invalidField('transform_expression', `is not accepted: ${problem}`);
  }
  if (connection.transformEnabled && !connection.transformExpression) {
    throw ApiError.invalidField('transform_expression', 'is needed when transform_enabled is true');
  }
}
