/**
 * What `npm start`, `npm test`, `npm run build` run first: plain JavaScript for any Node ≥ 20 with nothing installed. It installs and
 * builds when that is needed, then goes on with the Node that came with the dependencies.
 *
 * Nothing is imported statically and the syntax is old on purpose: an ancient Node must get as far as the sentence below.
 */
var major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(
    'hookstream needs Node.js 20 or newer; this is ' + process.version + '. See https://nodejs.org/en/download',
  );
  process.exit(1);
}
import('./prepare/run.mjs').then(function (prepare) {
  return prepare.run(process.argv.slice(2));
});
