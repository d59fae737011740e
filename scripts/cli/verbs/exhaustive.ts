/// <reference types="node" />
import { join } from 'node:path';
import { fingerprint } from '../../../sim/world/finding.ts';
import { grouped } from '../../../sim/scenario/text.ts';
import { createEngine } from '../../node/engine.ts';
import { slug, writeScenario } from '../finding-files.ts';
import { shrinkInSlices, shrinkProgressText } from '../investigate-finding.ts';
import { tellCase } from '../tell-case.ts';
import { EXIT } from '../terminal/exit.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { print, tryToWrite } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { commonRun, demandWritable, driversOf, parseExecutions, runOptions, scenarioIn } from './common-options.ts';
import { parseInteger } from './parse-arguments.ts';
import { verb } from './verb.ts';

export const exhaustive = verb({
  command: 'exhaustive <file>',
  describe: 'Visit every interleaving of a small script: each actor’s actions in order, all else in any',
  positionals: { file: { type: 'string', describe: 'a scenario whose actions are the script', demandOption: true } },
  options: {
    'max-states': { type: 'number', default: 100_000, describe: 'stop after so many different states' },
    'settle-everywhere': { type: 'boolean', default: false, describe: 'heal and settle from every state, not only from the last ones' },
    out: { type: 'string', default: 'findings', describe: 'where a finding is written' },
    executions: { type: 'number', default: 3000, describe: 'most executions to spend on shrinking a finding' },
    ...runOptions,
  },
  async run(args) {
    const engine = await createEngine({ ...(await commonRun(args)), ...driversOf(args.file) });
    const scenario = scenarioIn(args.file);
    demandWritable(args.out, 'out');
    const maxStates = parseInteger('max-states', args['max-states'], 1, 10_000_000) ?? 100_000;
    const progress = new Progress();
    const result = engine.explore(scenario, {
      maxStates,
      settleEverywhere: args['settle-everywhere'],
      onProgress: (states) => progress.show(() => `${grouped(states)} states`),
    });
    progress.clear();
    const { states, transitions, settled, complete, finding, actions } = result;
    print(`${grouped(states)} states, ${grouped(transitions)} transitions, ${grouped(settled)} ends settled`);
    if (finding !== undefined) {
      const found = { ...scenario, actions: actions ?? [], expect: fingerprint(finding) };
      const file = join(args.out, `${slug(found.expect)}.json`);
      tryToWrite(() => writeScenario(file, found));
      const made = await shrinkInSlices(engine, found, {
        signal: interruptible(),
        maxExecutions: parseExecutions(args.executions),
        onProgress: (at) => progress.show(() => shrinkProgressText(at)),
      });
      progress.clear();
      const { scenario: small, executions } = made?.reproduced === true ? made : { scenario: found, executions: 0 };
      tellCase(engine, file, small, { planted: args.planted, shrunk: { fromActions: found.actions.length, executions } });
      return EXIT.finding;
    }
    print(
      complete
        ? 'all interleavings visited, nothing found'
        : `stopped at ${grouped(maxStates)} states (--max-states); nothing found so far`,
    );
    return EXIT.nothingFound;
  },
});
