/**
 * Import boundaries (npm run cycles): apps import feature libs, feature libs import foundations, never the other way;
 * a lib is entered through its index.ts; nothing is cyclic.
 */
const foundations = [
  'config',
  'crypto',
  'database',
  'errors',
  'http-client',
  'json-schema',
  'linear-regex',
  'observability',
  'queues',
  'transform',
];

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'libs-do-not-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'apps-do-not-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'a-lib-is-entered-through-its-index',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/(?!index\\.ts$)', pathNot: '^libs/$2/' },
    },
    {
      name: 'foundations-do-not-import-features',
      severity: 'error',
      from: { path: `^libs/(${foundations.join('|')})/`, pathNot: '/test/' },
      to: { path: '^libs/', pathNot: `^libs/(${foundations.join('|')})/` },
    },
    {
      name: 'testing-is-for-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/testing/', '\\.(e2e-)?spec\\.ts$', '/test/'] },
      to: { path: '^libs/testing/' },
    },
    // dist is made by the build; the tests' global set-up runs the compiled apps.
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '/dist/' } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
