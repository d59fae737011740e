/// <reference types="node" />
import { RULES } from '../../core/rules.ts';
import { replaceFile } from '../../fuzz-targets/host/replace-file.ts';
import { FINGERPRINT_VERSION } from '../../sim/world/finding.ts';
import type { Engine } from '../node/engine.ts';
import type { Bug } from './bugs.ts';
import type { CampaignResult } from './run-campaign.ts';

export function writeJson(file: string, result: CampaignResult, bugs: readonly Bug[], engine: Engine): void {
  const { tally, elapsedMs, ended } = result;
  const found = bugs.map(({ fingerprint, seeds, foundAs, known, first, case: made }) => {
    const { seed, token, finding } = first;
    const actions = made?.scenario.actions.length;
    return { fingerprint, count: seeds.length, seeds, foundAs, known, seed, token, actions, shrunk: made?.shrunk, finding };
  });
  const triggered = Object.keys(tally.counts.rule).sort();
  const rules = { triggered, never: Object.keys(RULES).filter((id) => tally.counts.rule[id] === undefined) };
  const head = { fingerprintVersion: FINGERPRINT_VERSION, campaign: engine.campaign, node: process.version };
  const report = { ...head, ended, elapsedMs: Math.round(elapsedMs), ...tally, rules, findings: found };
  replaceFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}
