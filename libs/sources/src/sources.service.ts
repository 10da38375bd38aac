import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { isMasked, Keyring, maskSecret, newId, type VerificationScheme } from '#libs/crypto';
import { decodeCursor, isUniqueViolation, type Page, type PageRequest, toPage } from '#libs/database';
import { ApiError } from '#libs/errors';
import { ConfigChanges, PlanLimits, type Principal } from '#libs/tenancy';
import { checkJsonSchema, checkSource, checkVerificationConfig } from './check-source.js';
import { type DedupStrategy } from './dedup-key.js';
import { type SchemaAction, Source, type SourceStatus, type SourceType } from './source.entity.js';
import { SOURCE_TEMPLATES } from './source-templates.js';

/** What can be set of a source; undefined leaves it as it is, null clears it. */
export interface SourceChanges {
  name?: string;
  description?: string | null;
  status?: SourceStatus;
  verificationEnabled?: boolean;
  verificationType?: VerificationScheme | null;
  /** In the clear; sealed before it is stored. */
  verificationSecret?: string | null;
  verificationHeader?: string | null;
  /** As sent; checked here. */
  verificationConfig?: Record<string, unknown> | null;
  dedupEnabled?: boolean;
  dedupStrategy?: DedupStrategy | null;
  dedupField?: string | null;
  dedupWindowSeconds?: number;
  schemaValidationEnabled?: boolean;
  /** As sent; checked here. */
  jsonSchema?: Record<string, unknown> | null;
  schemaAction?: SchemaAction | null;
  sourceConfig?: Record<string, unknown> | null;
  ipAllowlist?: string[] | null;
  ipDenylist?: string[] | null;
}

export interface NewSource extends SourceChanges {
  name: string;
  slug: string;
  type?: SourceType;
  template?: string | null;
}

export interface SourceFilter extends PageRequest {
  status?: SourceStatus;
}

@Injectable()
export class SourcesService {
  constructor(
    @Inject(EntityManager) private readonly em: EntityManager,
    @Inject(ConfigChanges) private readonly changes: ConfigChanges,
    @Inject(Keyring) private readonly keyring: Keyring,
    @Inject(PlanLimits) private readonly limits: PlanLimits,
  ) {}

  /** Newest first. */
  async list({ environmentId }: Principal, { cursor, limit, status }: SourceFilter): Promise<Page<Source>> {
    const where = {
      environmentId,
      ...(status && { status }),
      ...(cursor && { id: { $lt: decodeCursor(cursor) } }),
    };
    return toPage(await this.em.fork().find(Source, where, { orderBy: { id: 'desc' }, limit: limit + 1 }), limit);
  }

  /** @throws ApiError `source_not_found` */
  async get({ environmentId }: Principal, id: string): Promise<Source> {
    return this.find(this.em.fork(), environmentId, id);
  }

  /** @throws ApiError `slug_taken`, `invalid_body`, `plan_limit` */
  async create({ organizationId, environmentId }: Principal, input: NewSource): Promise<Source> {
    const preset = SOURCE_TEMPLATES.find(({ id }) => id === input.template);
    return this.changes
      .commit(environmentId, async (em) => {
        await this.limits.assertRoom(em, { organizationId }, 'sources');
        const source = em.create(Source, {
          id: newId(),
          organizationId,
          environmentId,
          name: input.name,
          slug: input.slug,
          template: input.template ?? null,
          verificationType: preset?.verificationType ?? null,
          verificationHeader: preset?.header ?? null,
          verificationConfig: preset?.format ?? null,
        });
        this.apply(em, source, input);
        return source;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ApiError('slug_taken') : error;
      });
  }

  /**
   * Slug, type and template cannot be changed.
   *
   * @throws ApiError `source_not_found`, `invalid_body`
   */
  async update({ environmentId }: Principal, id: string, update: Partial<NewSource>): Promise<Source> {
    const { slug, type, template, ...changes } = update;
    return this.changes.commit(environmentId, async (em) => {
      const source = await this.find(em, environmentId, id);
      ApiError.refuseChange('slug', slug, source.slug);
      ApiError.refuseChange('type', type, source.type);
      ApiError.refuseChange('template', template, source.template ?? null);
      this.apply(em, source, changes);
      return source;
    });
  }

  /** Removes the source and its connections; its events stay. @throws ApiError `source_not_found` */
  async delete({ environmentId }: Principal, id: string): Promise<void> {
    await this.changes.commit(environmentId, async (em) => {
      em.remove(await this.find(em, environmentId, id));
    });
  }

  /** The verification secret as answers show it. Sent back unchanged, it leaves the secret as it is. */
  maskedSecret(source: Source): string | null {
    return source.verificationSecret ? maskSecret(this.keyring.open(source.verificationSecret)) : null;
  }

  private async find(em: EntityManager, environmentId: string, id: string): Promise<Source> {
    const source = await em.findOne(Source, { id, environmentId });
    if (!source) throw new ApiError('source_not_found');
    return source;
  }

  private apply(em: EntityManager, source: Source, { verificationSecret, ...changes }: SourceChanges): void {
    const { verificationConfig, jsonSchema, sourceConfig, ...simple } = changes;
    em.assign(source, simple, { ignoreUndefined: true });
    if (verificationConfig) checkVerificationConfig(verificationConfig);
    if (jsonSchema) checkJsonSchema(jsonSchema);
    // Replaced, where assign would merge them into what is there.
    if (verificationConfig !== undefined) source.verificationConfig = verificationConfig;
    if (jsonSchema !== undefined) source.jsonSchema = jsonSchema;
    if (sourceConfig !== undefined) source.sourceConfig = sourceConfig;
    if (verificationSecret === null) source.verificationSecret = null;
    else if (verificationSecret !== undefined && verificationSecret !== this.maskedSecret(source)) {
      if (isMasked(verificationSecret)) {
        throw ApiError.invalidField('verification_secret', 'is masked: send the secret itself');
      }
      source.verificationSecret = this.keyring.seal(verificationSecret);
    }
    checkSource(source, this.keyring);
  }
}
