/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { CHOSEN, guarded } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const FOLDER = 'scripts/tools/hunt';
/** Where a fault that is no edit of one place gets at what it needs. */
const HOOKS = [
  {
    file: 'core/node/node.ts',
    find: 'const run = startRun(env, state, LISTENER);',
    replace: 'entered(state, input); const run = startRun(env, state, LISTENER);',
  },
  { file: 'core/node/messages.ts', find: 'const decoded = decodeMessage(', replace: 'const decoded = trapped(decodeMessage)(' },
  {
    file: 'core/channel/model/stored-form.ts',
    find: 'return codec.decode(versionedChannel, bytes);',
    replace: 'return forgotten(codec.decode(versionedChannel, bytes));',
  },
  {
    file: 'core/channel/step/transition.ts',
    find: 'version: durability.version, state, records:',
    replace: 'version: durability.version, state: remembers(state), records:',
  },
];

export interface HuntBuild {
  /** The driver with all mutants in it, one of which is chosen by its number. */
  readonly mutated: string;
  readonly worker: string;
}

/** One build that carries every mutant behind a number, and the worker that hunts it. Needs a checkout. */
export async function buildHunt(root: string, mutants: readonly Mutant[]): Promise<HuntBuild> {
  const folder = join(root, 'build/hunt');
  const common = { absWorkingDir: root, bundle: true, packages: 'external', format: 'esm', platform: 'node', logLevel: 'silent' } as const;
  const edits = mutants.flatMap(({ edits: each }, at) => each.map((edit) => ({ ...edit, number: at + 1 })));
  const runtime = join(root, FOLDER, 'runtime.ts');
  const mutated = join(folder, 'mutated.js');
  await build({
    ...common,
    stdin: {
      contents: `export * from './sim/drivers/fulgurite.ts'; export { choose } from './${FOLDER}/runtime.ts';`,
      resolveDir: root,
      loader: 'ts',
    },
    outfile: mutated,
    plugins: [
      {
        name: 'hunt',
        setup: ({ onLoad }) =>
          onLoad({ filter: /core[/\\].*\.ts$/ }, ({ path }) => {
            const file = relative(root, path).replaceAll('\\', '/');
            const own = edits.filter((edit) => edit.file === file);
            const hooks = HOOKS.filter((hook) => hook.file === file);
            if (own.length + hooks.length === 0) return undefined;
            const source = hooks.reduce(hooked, guarded(readFileSync(path, 'utf8'), own));
            const imported = `import { ${CHOSEN}, trapped, entered, remembers, forgotten } from ${JSON.stringify(runtime)};\n`;
            return { contents: imported + source, loader: 'ts' };
          }),
      },
    ],
  });
  const worker = join(folder, 'worker.js');
  await build({ ...common, entryPoints: [join(FOLDER, 'worker.ts')], outfile: worker });
  return { mutated, worker };
}

function hooked(source: string, { file, find, replace }: (typeof HOOKS)[number]): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`${file} has ${parts.length - 1} places like "${find}", and must have one: mend ${FOLDER}/build.ts`);
  return parts.join(replace);
}
