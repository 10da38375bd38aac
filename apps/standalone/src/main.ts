import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bannerText } from './banner.js';
import { Output } from './output.js';
import { Product } from './product.js';
import { readSettings } from './settings.js';
import { StartupError } from './startup-error.js';
import { onStopRequests } from './stop-requests.js';

/** From dist/apps/standalone/src. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** @returns exit code */
async function run(): Promise<number> {
  const settings = readSettings(process.env, ROOT);
  const output = new Output(settings.logFormat);
  const stopping = new AbortController();
  const stopped = once(stopping.signal, 'abort');
  const product = new Product(settings, output, stopping.signal);
  onStopRequests(
    () => stopping.abort(),
    () => {
      product.kill();
      process.exit(130);
    },
  );
  try {
    await product.start((banner) => {
      const seconds = performance.now() / 1000;
      if (settings.logFormat === 'json') output.say('hookstream is ready', { ...banner, seconds });
      else output.say(bannerText({ ...banner, seconds }));
    });
    await stopped;
  } catch (error) {
    // A start that was interrupted fails as a matter of course.
    if (!stopping.signal.aborted) {
      await product.stop();
      throw error;
    }
  }
  output.say('Stopping…');
  await product.stop();
  return 0;
}

try {
  process.exit(await run());
} catch (error) {
  console.error(error instanceof StartupError ? `\n${error.message}` : error);
  process.exit(1);
}
