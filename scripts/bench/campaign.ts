import { createEngine } from '../host/engine.ts';
import { runCampaign } from '../host/run-campaign.ts';
import { loadNativeCrypto } from '../host/native-crypto.ts';
import type { Figure } from './measure.ts';

/** Complete runs of the default campaign (about 60 operations, faults, settlement, cheap oracles and a share of the costly) on one core. */
export async function campaignFigures(seconds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const crypto of ['fake', 'native'] as const) {
    if (crypto === 'native' && loadNativeCrypto() === undefined) continue;
    const run = { campaign: { crypto } };
    const engine = await createEngine(run);
    for (let seed = 1; seed <= 20; seed++) engine.runSeed(seed);
    const request = { run, from: 21, timeMs: seconds * 1000, workers: 0, maxFindings: Number.MAX_SAFE_INTEGER, stretch: 10 };
    const { tally, elapsedMs } = await runCampaign(request);
    figures.push({ name: 'runs', crypto, value: (tally.runs * 1000) / elapsedMs, unit: 'runs/s' });
    figures.push({ name: 'simulated messages', crypto, value: (tally.messages * 1000) / elapsedMs, unit: 'messages/s' });
  }
  return figures;
}
