import { createEngine } from '../host/engine.ts';
import { runCampaign } from '../host/run-campaign.ts';
import { loadNativeCrypto } from '../host/native-crypto.ts';
import type { Figure } from './measure.ts';
import { stopwatch } from './measure.ts';

/** Complete runs of the default campaign (about 60 operations, faults, settlement, cheap oracles and a share of the costly) on one core. */
export async function campaignFigures(seconds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const crypto of ['fake', 'native'] as const) {
    if (crypto === 'native' && loadNativeCrypto() === undefined) continue;
    const run = { campaign: { crypto } };
    const engine = await createEngine(run);
    for (let seed = 1; seed <= 20; seed++) engine.runSeed(seed);
    const request = { run, from: 21, timeMs: seconds * 1000, workers: 0, maxFindings: Number.MAX_SAFE_INTEGER, stretch: 10 };
    const watch = stopwatch();
    const { tally } = await runCampaign(request);
    const { perSecond, cpuShare } = watch(1);
    figures.push({ name: 'runs', crypto, value: tally.runs * perSecond, unit: 'runs/s', cpuShare });
    figures.push({ name: 'simulated messages', crypto, value: tally.messages * perSecond, unit: 'messages/s', cpuShare });
  }
  return figures;
}
