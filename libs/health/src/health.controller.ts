import { MikroORM } from '@mikro-orm/postgresql';
import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { Redis } from 'ioredis';
import { Database } from '#libs/database';
import { Log } from '#libs/observability';

const PROBE_TIMEOUT_MS = 2000;

type Check = 'ok' | 'failed';
const CHECK = { enum: ['ok', 'failed'], example: 'ok' };

class LivenessView {
  @ApiProperty({ enum: ['ok'], description: 'Always `ok`', example: 'ok' })
  status: 'ok';
}

class ReadinessView {
  @ApiProperty({ ...CHECK, description: '`ok` when everything else is' })
  status: Check;

  @ApiProperty({ ...CHECK, description: 'Whether PostgreSQL answers' })
  postgres: Check;

  @ApiProperty({ ...CHECK, description: 'Whether Redis answers' })
  redis: Check;

  @ApiProperty({ ...CHECK, description: 'Whether the database schema is up to date' })
  migrations: Check;
}

@ApiTags('Health')
@Controller()
export class HealthController {
  private migrated = false;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Redis) private readonly redis: Redis,
    @Inject(MikroORM) private readonly orm: MikroORM,
    @Inject(Log) private readonly log: Log,
  ) {}

  @Get('healthz')
  @ApiOperation({ summary: 'Whether the process is alive' })
  @ApiOkResponse({ type: LivenessView, description: 'It is' })
  alive(): LivenessView {
    return { status: 'ok' };
  }

  @Get('readyz')
  @ApiOperation({ summary: 'Whether PostgreSQL and Redis can be reached and the schema is up to date' })
  @ApiOkResponse({ type: ReadinessView, description: 'Ready' })
  @ApiResponse({ status: 503, type: ReadinessView, description: 'Not ready; the failed check says why' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessView> {
    const [postgres, redis, migrations] = await Promise.all([
      this.check('postgres', () => this.database.query('ping', 'select 1')),
      this.check('redis', () => this.redis.ping()),
      this.check('migrations', () => this.checkMigrations()),
    ]);
    const status: Check = [postgres, redis, migrations].every((check) => check === 'ok') ? 'ok' : 'failed';
    if (status !== 'ok') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status, postgres, redis, migrations };
  }

  private async check(what: string, probe: () => Promise<unknown>): Promise<Check> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), PROBE_TIMEOUT_MS);
    });
    try {
      await Promise.race([probe(), late]);
      return 'ok';
    } catch (err) {
      this.log.warn({ err, what }, 'not ready');
      return 'failed';
    } finally {
      clearTimeout(timer);
    }
  }

  /** Once applied, migrations stay applied. */
  private async checkMigrations(): Promise<void> {
    this.migrated ||= (await this.orm.migrator.getPending()).length === 0;
    if (!this.migrated) throw new Error('migrations are pending');
  }
}
