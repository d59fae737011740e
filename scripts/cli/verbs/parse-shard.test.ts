import { describe, expect, it } from 'vitest';
import { parseShard } from './parse-shard.ts';

describe('--shard', () => {
  it('names a shard, or takes the one that an indexed job gives in its environment', () => {
    expect(parseShard('3/16', {})).toEqual({ index: 3, of: 16 });
    expect(parseShard('auto/16', { JOB_COMPLETION_INDEX: '0' })).toEqual({ index: 1, of: 16 });
    expect(parseShard('auto', { CLOUD_RUN_TASK_INDEX: '3', CLOUD_RUN_TASK_COUNT: '4' })).toEqual({ index: 4, of: 4 });
    expect(parseShard('auto', { CI_NODE_INDEX: '4', CI_NODE_TOTAL: '4' })).toEqual({ index: 4, of: 4 });
  });

  it.each([
    ['3', {}, 'write 3/16'],
    ['a/4', {}, 'write 3/16'],
    ['-1/4', {}, 'write 3/16'],
    ['0/0', {}, 'no shards of 0'],
    ['0/4', {}, 'no shard 0 of 4; they are 1/4 to 4/4'],
    ['5/4', {}, 'no shard 5 of 4'],
    ['auto/4', {}, 'none of JOB_COMPLETION_INDEX'],
    ['auto/4', { JOB_COMPLETION_INDEX: '4' }, 'no shard 5 of 4 (JOB_COMPLETION_INDEX is 4, the first is 0)'],
    ['auto/4', { JOB_COMPLETION_INDEX: 'x' }, "JOB_COMPLETION_INDEX is 'x', no whole number"],
    ['auto', { JOB_COMPLETION_INDEX: '1' }, 'and nothing how many'],
    ['auto', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '' }, "CI_NODE_TOTAL is '', no whole number"],
  ])('%s with %j is refused, and says why', (text, environment, why) => {
    expect(() => parseShard(text, environment)).toThrow(why);
  });
});
