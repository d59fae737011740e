/// <reference types="node" />
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { runSeed } from '../../sim/campaign/generate.ts';
import { DEFAULT_CAMPAIGN } from '../../sim/run/seed.ts';
import { packageRoot } from '../node/package-files.ts';

/** What a page would load: one script with everything in it. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(packageRoot(), entry)],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'fulgurite',
    target: 'es2023',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

/** A realm with the language and nothing else: no module of Node's, no Buffer, no process, no timer, no console. */
function evaluate(script: string, expression: string): unknown {
  const context = createContext(Object.create(null) as object);
  runInContext(script, context);
  return runInContext(expression, context);
}

describe('for a browser', () => {
  let sim: string;
  beforeAll(async () => {
    sim = await bundle('sim/index.ts');
  });

  it('the core comes in one script that needs nothing of a platform', async () => {
    const core = await bundle('core/index.ts');
    expect(evaluate(core, 'typeof fulgurite.nodeStep')).toBe('function');
    expect(core.length).toBeLessThan(sim.length);
  });

  it.each(['fake', 'noble'] as const)('the simulator runs a seed there with the same trace as here: %s', (crypto) => {
    for (const seed of crypto === 'fake' ? [1, 2, 3] : [51]) {
      const options = { ...DEFAULT_CAMPAIGN, crypto, steps: crypto === 'fake' ? 44 : 8 };
      const there = evaluate(sim, `fulgurite.runSeed(${JSON.stringify({ options, seed })}).hash`);
      expect(there).toBe(runSeed({ options, seed }).hash);
    }
  });

  it('brings no package of the harness along', () => {
    expect(sim).not.toMatch(/bitcore-lib|node_modules\/(fast-check|yargs|jsfuzz)\//);
  });
});
