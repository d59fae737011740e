/// <reference types="node" />
import { join, resolve } from 'node:path';
import { jazzerAbsence } from '../../../fuzz-targets/engines/jazzer.ts';
import { ENGINES } from '../../../fuzz-targets/host/worker-protocol.ts';
import type { FuzzTarget } from '../../../fuzz-targets/target.ts';
import { packageRoot } from '../../node/package-files.ts';
import type { FuzzOptions } from '../fuzzing.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { printError } from '../terminal/output.ts';
import { readKnown } from './common-options.ts';
import { parseDuration, parseInteger } from './parse-arguments.ts';
import { verb } from './verb.ts';

const DEFAULT_TIME = '60s';
const DEFAULT_TIME_EACH = '30s';

export const fuzz = verb({
  command: 'fuzz [target]',
  describe: 'Throw bytes at a decoder, at the transport, or at a whole node',
  positionals: { target: { type: 'string', describe: 'which; --list names them' } },
  options: {
    list: { type: 'boolean', default: false, describe: 'name the targets' },
    all: { type: 'boolean', default: false, describe: 'every target, one after the other' },
    regress: { type: 'boolean', default: false, describe: 'only run what is kept in the corpus, of one target or of all' },
    minimize: {
      type: 'boolean',
      default: false,
      describe: 'rewrite the found seeds of the corpus: what reaches something new, made small',
    },
    replay: { type: 'string', describe: 'run this one input without any engine, and say what it means' },
    engine: { choices: ENGINES, default: 'jsfuzz' as const, describe: 'what makes the inputs' },
    time: { type: 'string', describe: `how long: 60s, 5m, 1h [default: ${DEFAULT_TIME}, with --all ${DEFAULT_TIME_EACH} each]` },
    runs: { type: 'number', describe: 'stop after so many executions' },
    workers: { type: 'number', default: 1, describe: 'threads that share what they find' },
    seed: { type: 'number', default: 1, describe: 'of all that is drawn' },
    guided: { type: 'boolean', default: true, describe: 'use dictionary and structure of the declarations; --no-guided is jsfuzz alone' },
    hang: { type: 'string', default: '10s', describe: 'an execution that takes longer is a finding' },
    memory: { type: 'number', default: 1024, describe: 'a worker that needs more megabytes is a finding' },
    corpus: { type: 'string', describe: "folder of all corpora [default: this package's corpus/]" },
    out: { type: 'string', default: 'findings/fuzz', describe: 'where findings are written, the moment they are found' },
    keep: { type: 'boolean', default: false, describe: 'also write every input that reached something new; --minimize reads them' },
    'max-findings': { type: 'number', default: 20, describe: 'stop after so many different findings' },
    planted: { type: 'string', describe: 'plant this bug first: a file of mutation/planted/ (needs a checkout)' },
    known: { type: 'string', describe: 'findings to set aside: { "<fingerprint>": "<reason>" }' },
  },
  examples: [
    ['$0 fuzz --list', ''],
    ['$0 fuzz node --time 10m --workers 2', 'a whole node on the wire'],
    ['$0 fuzz --all --time 30s', 'every target, half a minute each'],
    ['$0 fuzz --regress', 'all that was ever found, again'],
  ],
  async run(args) {
    // Here: the targets take as long to load as all the rest, and no other verb needs them.
    const { fuzzAll, list, minimiseCorpora, moduleOf, regress, replayOne, targetsNamed, targetsOf } = await import('../fuzzing.ts');
    const corpus = resolve(args.corpus ?? join(packageRoot(), 'corpus'));
    if (args.list) return list();
    if (args.regress || args.engine === 'replay') return regress(corpus, args.target, await targetsOf(args.planted));
    if ([args.all, args.target !== undefined].filter(Boolean).length !== 1)
      throw new UsageError('name one target, or write --all; --list names them');
    const targets = targetsNamed(args.all ? undefined : args.target);
    const [first] = targets as readonly [FuzzTarget];
    if (args.replay !== undefined) return replayOne(first.name, args.replay, await targetsOf(args.planted));
    if (args.minimize) return minimiseCorpora(targets, corpus, args.out);
    if (args.engine === 'jazzer') {
      printError(jazzerAbsence());
      return EXIT.harness;
    }
    const options: FuzzOptions = {
      corpus,
      engine: args.engine,
      timeMs: parseDuration(args.time ?? (args.all ? DEFAULT_TIME_EACH : DEFAULT_TIME)),
      runs: parseInteger('runs', args.runs, 1, Number.MAX_SAFE_INTEGER) ?? Infinity,
      workers: parseInteger('workers', args.workers, 1, 256) ?? 1,
      seed: parseInteger('seed', args.seed, 0, 1e9) ?? 1,
      guided: args.guided,
      hangMs: parseDuration(args.hang),
      memoryMb: parseInteger('memory', args.memory, 64, 65_536) ?? 1024,
      known: Object.keys(readKnown(args.known)),
      maxFindings: parseInteger('max-findings', args['max-findings'], 1, 10_000) ?? 20,
      ...(args.planted !== undefined && { module: await moduleOf(args.planted), planted: args.planted }),
      out: args.out,
      keep: args.keep,
    };
    return fuzzAll(targets, options);
  },
});
