/**
 * The direction of imports (dependency-cruiser). A layer may import itself and what stands below it, never what stands above.
 * Run with `npm run imports`.
 */
const layers = [
  ['core/rule\\.ts', 'core/rules\\.ts'],
  ['core/crypto'],
  ['core/bitcoin', 'core/time'],
  ['core/wire'],
  ['core/chain'],
  ['core/transactions', 'core/onion', 'core/invoice', 'core/sources'],
  ['core/knowledge'],
  ['core/channel', 'core/monitor', 'core/gossip', 'core/routing', 'core/transport'],
  ['core/peers', 'core/payments', 'core/watchers'],
  ['core/node'],
  ['core/host'],
  ['core/index\\.ts'],
  ['sim/deterministic'],
  ['sim/scenario'],
  ['sim/drivers'],
  ['sim/model'],
  ['sim/world'],
  ['sim/violations'],
  ['sim/actions'],
  ['sim/strategies'],
  ['sim/oracles'],
  ['sim/run'],
  ['sim/sweep'],
  ['sim/campaign'],
  ['sim/report'],
  [
    'sim/interpreter',
    'sim/simulation\\.ts',
    'sim/(network|topology|payment)\\.ts',
    'sim/check\\.ts',
    'sim/index\\.ts',
    'sim/example',
    'fuzz-targets',
    'mutation',
  ],
  ['scripts'],
];

/** Tests and their fixtures may compare with anything. */
const tests = '\\.(test|fixture)\\.ts$';

/** Tables of rules are data: all of them have one union of ids, which everybody may name. */
const tables = '^core/.*/rules\\.ts$';

/** The union of actions comes from their kinds, and everybody in sim may name it. */
const actions = '^sim/actions/index\\.ts$';

const startsWith = (folders) => `^(${folders.map((folder) => (folder.endsWith('.ts') ? `${folder}$` : `${folder}/`)).join('|')})`;

const upward = layers.slice(0, -1).map((layer, index) => ({
  name: `${layer.join(', ').replace('\\', '')} imports from above`,
  severity: 'error',
  from: { path: startsWith(layer), pathNot: tests },
  to: { path: startsWith(layers.slice(index + 1).flat()), pathNot: [tables, actions] },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'channel and monitor live apart',
      severity: 'error',
      from: { path: '^core/(channel|monitor)/', pathNot: tests },
      to: { path: '^core/(channel|monitor)/', pathNot: '^core/$1/' },
    },
    {
      name: 'the union of actions is a type',
      severity: 'error',
      from: {
        path: startsWith(
          layers
            .slice(
              0,
              layers.findIndex((layer) => layer.includes('sim/actions')),
            )
            .flat(),
        ),
        pathNot: tests,
      },
      to: { path: actions, dependencyTypesNot: ['type-only'] },
    },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'every import resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'the product needs no development dependency',
      severity: 'error',
      from: { path: '^(core|sim)/', pathNot: ['^sim/interpreter/', tests] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|build)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.d.ts', '.json'],
    },
  },
};
