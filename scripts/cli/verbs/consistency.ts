/// <reference types="node" />
import { availableParallelism } from 'node:os';
import type { CommitmentFormat } from '../../../core/transactions/types.ts';
import type { CampaignOptions, TopologyName } from '../../../sim/run/seed.ts';
import { CRYPTO_NAMES, DEFAULT_CAMPAIGN, STRATEGIES, TOPOLOGIES, TRANSPORTS } from '../../../sim/run/seed.ts';
import { CONTINUATIONS } from '../../../sim/campaign/when-decided.ts';
import type { LinkTransport } from '../../../sim/scenario/types.ts';
import type { RunOptions } from '../../node/engine.ts';
import { partOf } from '../../../sim/campaign/shard.ts';
import type { Span } from '../../../sim/campaign/seed-span.ts';
import { hunt, huntNothing } from '../hunt.ts';
import type { HuntOptions } from '../hunt.ts';
import { reportFiles, reportOptions } from '../reports/write-reports.ts';
import { UsageError } from '../terminal/exit.ts';
import type { CampaignRequest } from '../run-campaign.ts';
import { commonRun, demandWritable, parseExecutions, readKnown, runOptions } from './common-options.ts';
import { parseDrivers, parseDuration, parseInteger, parseSeeds } from './parse-arguments.ts';
import { parseShard } from './parse-shard.ts';
import { verb } from './verb.ts';

/** Seeds that a worker takes at once: real signatures take their time. */
const RANGE_SIZE = { fake: 20, native: 5, noble: 1 } as const;

export const consistency = verb({
  command: 'consistency',
  describe: 'Hunt for nodes that stop agreeing: many seeds, each a run of its own',
  options: {
    seeds: { type: 'string', default: '1..20000', describe: 'which seeds: 1..20000, 17, or 1.. for no end' },
    shard: { type: 'string', describe: 'only a part of them: 3/16, or auto/16 for the index that an indexed job gives in its environment' },
    time: { type: 'string', describe: 'stop after this long: 60s, 5m, 1h' },
    steps: {
      type: 'number',
      default: DEFAULT_CAMPAIGN.steps,
      describe: 'operations and faults drawn in a run; opening, settling and deliveries come on top',
    },
    schedule: { choices: STRATEGIES, default: DEFAULT_CAMPAIGN.strategy, describe: 'who moves next' },
    drivers: {
      type: 'string',
      describe: 'implementations that face each other, in turn: fulgurite,ldk (needs the package lightningdevkit)',
    },
    crypto: { choices: CRYPTO_NAMES, describe: 'fake is fast, the others are real [default: fake; with other drivers native]' },
    'channel-type': { choices: ['any', 'anchors', 'static_remotekey'] as const, default: 'any' as const, describe: 'of the channels' },
    transport: {
      choices: ['any', ...TRANSPORTS] as const,
      default: 'any' as const,
      describe: 'whole messages, or encrypted bytes cut anywhere',
    },
    topology: {
      choices: TOPOLOGIES,
      default: 'pair' as const,
      describe: 'two nodes, or three to six that forward; any: drawn, half of them pairs',
    },
    licensed: {
      type: 'number',
      default: DEFAULT_CAMPAIGN.licensedPercent,
      describe: 'percent of the seeds that may draw faults after which a close is right',
    },
    workers: { type: 'number', default: availableParallelism(), describe: 'threads; the results do not depend on it' },
    'max-findings': { type: 'number', describe: 'stop after so many different findings [default: 3; of a shard all]' },
    shrink: { type: 'number', default: 3000, describe: 'most executions to spend on shrinking a finding; 0 leaves it as it is' },
    continuations: {
      type: 'number',
      default: CONTINUATIONS,
      describe: 'from before each action of a finding, to tell when it was decided; 0 for none',
    },
    twice: { type: 'boolean', default: false, describe: 'run every seed twice and compare the traces' },
    known: {
      type: 'string',
      describe:
        'what to set aside: a folder of scenarios that show it, or a file { "version": 3, "findings": { "<fingerprint>": "<reason>" } }',
    },
    out: { type: 'string', default: 'findings', describe: 'where findings are written, the moment they are found' },
    stats: { type: 'boolean', default: false, describe: 'also print tables of all that was exercised, and what never was' },
    ...reportOptions,
    ...runOptions,
  },
  examples: [
    ['$0 consistency --seeds 1..20000', 'as many worlds'],
    ['$0 consistency --seeds 1.. --time 8h --crypto native', 'a night, with real signatures'],
    ['$0 consistency --seeds 1..2000 --topology any', 'pairs, and networks whose nodes forward'],
    ['$0 consistency --seeds 1..200 --drivers fulgurite,ldk', 'our nodes against those of LDK'],
  ],
  async run(args) {
    const campaign = campaignOf(args);
    const run: RunOptions = { ...(await commonRun(args)), campaign, twice: args.twice };
    const seeds = parseSeeds(args.seeds);
    demandWritable(args.out, 'out');
    const shard = args.shard === undefined ? undefined : shardOf(args.shard, seeds);
    const reports = reportFiles(args);
    const timeMs = args.time === undefined ? undefined : parseDuration(args.time);
    const request: CampaignRequest = {
      run,
      ...(shard?.seeds ?? seeds),
      ...(timeMs !== undefined && { timeMs }),
      workers: parseInteger('workers', args.workers, 0, 1024) ?? 1,
      maxFindings: parseInteger('max-findings', args['max-findings'], 1, 10_000) ?? (shard === undefined ? 3 : Infinity),
      known: readKnown(args.known),
      rangeSize: RANGE_SIZE[campaign.crypto ?? DEFAULT_CAMPAIGN.crypto],
    };
    const executions = args.shrink === 0 ? 0 : parseExecutions(args.shrink);
    const options: HuntOptions = {
      out: args.out,
      executions,
      continuations: parseInteger('continuations', args.continuations, 0, 10_000) ?? CONTINUATIONS,
      reports,
      planted: args.planted,
      stats: args.stats,
      ...(shard && { shard: shard.of }),
    };
    return request.to !== undefined && request.to < request.from ? huntNothing(request, options) : hunt(request, options);
  },
});

/** The seeds of a shard; none where there are fewer worlds than shards. */
function shardOf(
  text: string,
  { from, to }: { readonly from: number; readonly to?: number },
): { readonly seeds: { readonly from: number; readonly to: number }; readonly of: NonNullable<HuntOptions['shard']> } {
  const shard = parseShard(text);
  if (to === undefined) throw new UsageError('--shard takes a part of a range: give --seeds an end; --time may end it sooner');
  const whole: Span = [from, to];
  const [first, last] = partOf(whole, shard) ?? [from, from - 1];
  return { seeds: { from: first, to: last }, of: { whole, shard } };
}

function campaignOf(args: {
  readonly steps: number;
  readonly schedule: CampaignOptions['strategy'];
  readonly crypto: CampaignOptions['crypto'] | undefined;
  readonly drivers: string | undefined;
  readonly licensed: number;
  readonly 'channel-type': 'any' | CommitmentFormat;
  readonly transport: 'any' | LinkTransport;
  readonly topology: TopologyName;
}): Partial<CampaignOptions> {
  const type = args['channel-type'];
  const drivers = args.drivers === undefined ? undefined : parseDrivers(args.drivers);
  return {
    ...(drivers && { drivers }),
    ...(type !== 'any' && { channelType: type }),
    ...(args.transport !== 'any' && { transport: args.transport }),
    ...(args.topology !== 'pair' && { topology: args.topology }),
    strategy: args.schedule,
    crypto: args.crypto ?? (drivers === undefined ? DEFAULT_CAMPAIGN.crypto : 'native'),
    steps: parseInteger('steps', args.steps, 1, 65_535) ?? DEFAULT_CAMPAIGN.steps,
    licensedPercent: parseInteger('licensed', args.licensed, 0, 100) ?? DEFAULT_CAMPAIGN.licensedPercent,
  };
}
