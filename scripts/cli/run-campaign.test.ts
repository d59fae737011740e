/// <reference types="node" />
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { buildIfStale } from '../tools/build.ts';
import { packageRoot } from '../node/package-files.ts';
import type { CampaignRequest } from './run-campaign.ts';
import { runCampaign, workersOf } from './run-campaign.ts';
import { scratch } from '../node/scratch.fixture.ts';

/** A configuration with an oracle that does this at every step. */
function withOracle(step: string): string {
  const file = join(scratch(), 'fulgurite.config.mjs');
  writeFileSync(
    file,
    `const oracle = { name: 'acme/oracle', kinds: ['x'], step(world) { ${step} }, fork: () => oracle };\nexport default { oracles: [() => oracle] };`,
  );
  return file;
}

const request: CampaignRequest = { run: { campaign: { steps: 6 } }, from: 1, to: 10, workers: 1, maxFindings: 1000, rangeSize: 2 };
const sometimes = `if (world.at > 0) return { oracle: 'acme/oracle', rule: 'second action', kind: 'x', message: '', expected: '', actual: '', at: world.at };`;

describe('a campaign in threads', () => {
  beforeAll(() => buildIfStale(packageRoot()));

  it('counts the same as one in this thread, and tells every finding as it comes', async () => {
    const run = { ...request.run, config: withOracle(sometimes) };
    const told: number[] = [];
    const [here, there] = await Promise.all([
      runCampaign({ ...request, run, workers: 0 }),
      runCampaign({ ...request, run, workers: 2 }, { onFound: ({ seed }) => told.push(seed) }),
    ]);
    expect(there.tally).toEqual(here.tally);
    expect(there.findings).toEqual(here.findings);
    expect(there.ended).toBe('seeds');
    expect(here.findings.map(({ fingerprint, seeds }) => [fingerprint, seeds.length])).toEqual([['acme/oracle/second action/x', 10]]);
    expect(told.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('keeps its process alive until its threads have ended: a range that comes while they do must not let go of them', async () => {
    const unref = vi.spyOn(Worker.prototype, 'unref');
    const run = { ...request.run, config: withOracle(sometimes) };
    expect((await runCampaign({ ...request, run, to: 1000, workers: 2, maxFindings: 1 })).ended).toBe('findings');
    expect((await runCampaign({ ...request, workers: 2 })).ended).toBe('seeds');
    expect(unref).not.toHaveBeenCalled();
    unref.mockRestore();
  });

  it('notices a run that does not end, names its seed, and keeps what was found before', async () => {
    const config = withOracle(`if (world.at === 'setup') return undefined; if (world.spec.seed.endsWith('-8')) for (;;); ${sometimes}`);
    const result = await runCampaign({ ...request, run: { ...request.run, config }, from: 7, hangMs: 1500 });
    expect(result).toMatchObject({ ended: 'hang', hungSeed: 8 });
    expect(result.findings.map(({ first }) => first.seed)).toEqual([7]);
  });

  it('fails when its harness does, rather than counting nothing', async () => {
    await expect(runCampaign({ ...request, run: { config: withOracle('throw new Error("my oracle is broken");') } })).rejects.toThrow(
      'my oracle is broken',
    );
    await expect(runCampaign({ ...request, run: { config: 'no/such/config.js' } })).rejects.toThrow('config.js');
    await expect(runCampaign({ ...request, run: { config: withOracle('process.exit(0);') } })).rejects.toThrow('a worker ended by itself');
  });

  it('starts no more threads than there is work for', () => {
    const counts = [
      [1, 10, 4],
      [1, 2, 4],
      [7, 7, 4],
      [1, undefined, 4],
      [1, 10, 0],
    ].map(([from = 1, to, workers = 0]) => workersOf({ ...request, from, workers, ...(to === undefined ? { to: Infinity } : { to }) }));
    expect(counts).toEqual([4, 1, 1, 4, 0]);
  });

  it('ends when it is told to, with what it has', async () => {
    const stop = new AbortController();
    const { to: _, ...endless } = request;
    const result = await runCampaign(endless, { signal: stop.signal, onProgress: ({ runs }) => (runs > 3 ? stop.abort() : undefined) });
    expect(result.ended).toBe('interrupted');
    expect((await runCampaign({ ...endless, timeMs: 1 })).ended).toBe('time');
  });
});
