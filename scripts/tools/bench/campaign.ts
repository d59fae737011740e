import { runCampaign } from '../../cli/run-campaign.ts';
import { nodeProviders } from '../../node/native-crypto.ts';
import type { Figure } from './measure.ts';
import { stopwatch } from './measure.ts';

/** Times as long as is measured: a run is so much code that an engine compiles it for half a minute, and a campaign takes longer than that. */
const WARM_UP = 10;

/** Complete runs of the default campaign (about 60 operations, faults, settlement, cheap oracles and a share of the costly) on one core. */
export async function campaignFigures(seconds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const crypto of ['fake', 'native'] as const) {
    if (crypto === 'native' && nodeProviders().native === undefined) continue;
    const run = { campaign: { crypto } };
    const request = { run, workers: 0, maxFindings: Number.MAX_SAFE_INTEGER, rangeSize: 10 };
    await runCampaign({ ...request, from: 1, timeMs: seconds * 1000 * WARM_UP });
    const watch = stopwatch();
    const { tally } = await runCampaign({ ...request, from: 100_001, timeMs: seconds * 1000 });
    const { perSecond, cpuShare } = watch(1);
    figures.push({ name: 'runs', crypto, value: tally.runs * perSecond, unit: 'runs/s', cpuShare });
    figures.push({ name: 'simulated messages', crypto, value: tally.messages * perSecond, unit: 'messages/s', cpuShare });
  }
  return figures;
}
