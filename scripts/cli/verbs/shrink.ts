/// <reference types="node" />
import { createEngine } from '../../node/engine.ts';
import { shrinkInSlices, shrinkProgressText } from '../investigate-finding.ts';
import { tellCase } from '../tell-case.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { print } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { commonRun, driversOf, demandWritableFile, parseExecutions, runOptions, scenarioIn } from './common-options.ts';
import { verb } from './verb.ts';

export const shrink = verb({
  command: 'shrink <file>',
  describe: 'Make the scenario of a finding as small as it gets',
  positionals: { file: { type: 'string', describe: 'a scenario that expects a finding', demandOption: true } },
  options: {
    out: { type: 'string', describe: 'where to write the smaller one [default: the file itself]' },
    executions: { type: 'number', default: 3000, describe: 'most executions to spend' },
    ...runOptions,
  },
  async run(args) {
    const engine = await createEngine({ ...(await commonRun(args)), ...driversOf(args.file) });
    const scenario = scenarioIn(args.file);
    if (scenario.expect === 'pass') throw new UsageError(`${args.file} expects no finding: there is nothing to keep while shrinking`);
    const file = args.out ?? args.file;
    demandWritableFile(file, 'out');
    const progress = new Progress();
    const signal = interruptible();
    const maxExecutions = parseExecutions(args.executions);
    const result = await shrinkInSlices(engine, scenario, {
      signal,
      maxExecutions,
      onProgress: (at) => progress.show(() => shrinkProgressText(at)),
    });
    progress.clear();
    if (result === undefined) return EXIT.interrupted;
    if (!result.reproduced) {
      print(`${args.file} does not show ${scenario.expect}`);
      return EXIT.harness;
    }
    const shrunk = { fromActions: scenario.actions.length, executions: result.executions };
    tellCase(engine, file, result.scenario, { planted: args.planted, shrunk });
    return EXIT.nothingFound;
  },
});
