import { newApiKey } from '#libs/crypto';
import { type ApiKeyNote } from './banner.js';
import { type Secrets } from './secrets.js';

/**
 * The key of the first tenant. It is on disk from before it is valid until it has been shown, so that no interruption
 * leaves a gateway that nobody has a key to.
 */
export class FirstKey {
  /** @param given HOOKSTREAM_API_KEY */
  constructor(
    private readonly secrets: Secrets,
    private readonly given: string | undefined,
  ) {}

  /** @param store makes a first tenant with this key; does nothing (`created: false`) when there is a tenant */
  async provision(store: (apiKey: string) => Promise<{ created: boolean }>): Promise<ApiKeyNote> {
    const { values } = this.secrets;
    values.firstApiKey ??= newApiKey('live');
    this.secrets.save();
    const { created } = await store(this.given ?? values.firstApiKey);
    if (created && this.given) return { kind: 'given' };
    if (!created && !values.firstApiKeyIsStored) {
      return { kind: 'shown', when: values.firstApiKeyShownAt, isIgnored: this.given !== undefined };
    }
    values.firstApiKeyIsStored = true;
    this.secrets.save();
    return { kind: 'new', key: values.firstApiKey };
  }

  /** To be called when the person has been told. */
  forget(note: ApiKeyNote): void {
    const { values } = this.secrets;
    delete values.firstApiKey;
    delete values.firstApiKeyIsStored;
    if (note.kind !== 'shown') values.firstApiKeyShownAt = new Date().toISOString().replace(/T(..:..).*/, ' $1 UTC');
    this.secrets.save();
  }
}
