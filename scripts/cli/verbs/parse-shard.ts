/// <reference types="node" />
import type { Shard } from '../../../sim/campaign/shard.ts';
import { UsageError } from '../terminal/exit.ts';

/** Where systems that run a job many times say which one it is: the variable, the number of the first one, and the variable with how many there are. */
const INDEXES: readonly { readonly index: string; readonly first: number; readonly of?: string }[] = [
  { index: 'JOB_COMPLETION_INDEX', first: 0 }, // Kubernetes, an indexed Job
  { index: 'CLOUD_RUN_TASK_INDEX', first: 0, of: 'CLOUD_RUN_TASK_COUNT' },
  { index: 'AWS_BATCH_JOB_ARRAY_INDEX', first: 0 },
  { index: 'CI_NODE_INDEX', first: 1, of: 'CI_NODE_TOTAL' }, // GitLab, parallel
];

const FORM = 'write 3/16, auto/16 where an indexed job says which one it is, or auto where it also says how many there are';

/** '3/16', 'auto/16' or 'auto'. Throws a UsageError for what is no shard. */
export function parseShard(text: string, environment: NodeJS.ProcessEnv = process.env): Shard {
  const match = /^(\d{1,6}|auto)(?:\/(\d{1,6}))?$/.exec(text);
  if (match === null || (match[1] !== 'auto' && match[2] === undefined)) throw new UsageError(`--shard ${text}: ${FORM}`);
  const { shard, where } = match[1] === 'auto' ? shardOfJob(text, match[2], environment) : { shard: match.slice(1).map(Number), where: '' };
  const [index = NaN, of = NaN] = shard;
  if (of < 1) throw new UsageError(`--shard ${text}: there are no shards of 0${where}; the first of 16 is 1/16`);
  if (index < 1 || index > of) throw new UsageError(`--shard ${text}: no shard ${index} of ${of}${where}; they are 1/${of} to ${of}/${of}`);
  return { index, of };
}

function shardOfJob(
  text: string,
  count: string | undefined,
  environment: NodeJS.ProcessEnv,
): { readonly shard: readonly number[]; readonly where: string } {
  const job = INDEXES.find(({ index }) => environment[index] !== undefined && environment[index] !== '');
  if (job === undefined) {
    const names = INDEXES.map(({ index }) => index).join(', ');
    throw new UsageError(`--shard ${text}: nothing here says which shard this is, none of ${names} is set`);
  }
  const index = wholeNumber(job.index, environment);
  const of = count === undefined ? job.of && wholeNumber(job.of, environment) : Number(count);
  if (typeof of !== 'number') throw new UsageError(`--shard ${text}: ${job.index} says which shard this is, and nothing how many: ${FORM}`);
  return { shard: [index - job.first + 1, of], where: ` (${job.index} is ${index}, the first is ${job.first})` };
}

function wholeNumber(name: string, environment: NodeJS.ProcessEnv): number {
  const text = environment[name] ?? '';
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--shard: the environment's ${name} is '${text}', no whole number`);
  return Number(text);
}
