import { RunningHash } from '../deterministic/hash.ts';
import type { Oracle, OracleFactory } from '../scenario/types.ts';
import { createAgreement } from './agreement.ts';
import { createAnswers } from './answers.ts';
import { createChainView } from './chain-view.ts';
import { createCodecOracle } from './codec.ts';
import { createDeadlines } from './deadlines.ts';
import { createDurability } from './durability.ts';
import { createErrors } from './errors.ts';
import { createForwarding } from './forwarding.ts';
import { createHostile } from './hostile.ts';
import { createLedger } from './ledger.ts';
import { createLimits } from './limits.ts';
import { createLiveness } from './liveness.ts';
import { createNoUnprovokedClose } from './no-unprovoked-close.ts';
import type { LicensingOracle } from './no-unprovoked-close.ts';
import { createPeersOracle } from './peers.ts';
import { createReference } from './reference.ts';
import { createTold } from './told.ts';
import { createValidity } from './validity.ts';
import { createWatchers } from './watchers.ts';

export { LICENCES } from './licences.ts';
export type { Licence } from './licences.ts';
export { differing } from './determinism.ts';

/** `cheap` ones watch every run; `costly` ones every replay, and their `share` of a campaign's seeds, in [0, 1]. */
export type OracleEntry = { readonly name: string; readonly create: OracleFactory } & (
  { readonly cost: 'cheap' } | { readonly cost: 'costly'; readonly share: number }
);

/**
 * In the order in which they are asked: the first finding ends the run, so what explains a failure best comes first. A disagreement about
 * contents is said by `agreement`, before the closed channel that follows from it is said by `no-unprovoked-close`.
 */
export const ORACLES: readonly OracleEntry[] = [
  { name: 'hostile', cost: 'cheap', create: createHostile },
  { name: 'errors', cost: 'cheap', create: createErrors },
  { name: 'agreement', cost: 'cheap', create: createAgreement },
  { name: 'reference', cost: 'costly', share: 0.01, create: createReference },
  { name: 'ledger', cost: 'cheap', create: createLedger },
  { name: 'forwarding', cost: 'cheap', create: createForwarding },
  { name: 'limits', cost: 'cheap', create: () => createLimits({ trySendable: false }) },
  { name: 'sendable', cost: 'costly', share: 0.01, create: () => createLimits({ trySendable: true }) },
  { name: 'durability', cost: 'cheap', create: createDurability },
  { name: 'watchers', cost: 'cheap', create: createWatchers },
  { name: 'some-stores', cost: 'cheap', create: () => createCodecOracle('some') },
  { name: 'codec', cost: 'costly', share: 0.01, create: () => createCodecOracle('every') },
  { name: 'deadlines', cost: 'cheap', create: createDeadlines },
  { name: 'chain-view', cost: 'cheap', create: createChainView },
  { name: 'validity', cost: 'cheap', create: () => createValidity({ everyCommitment: false, scripts: 'some' }) },
  { name: 'every-script', cost: 'costly', share: 0.01, create: () => createValidity({ everyCommitment: false }) },
  // It costs several times the run that it watches.
  { name: 'every-commitment', cost: 'costly', share: 0.0025, create: () => createValidity({ everyCommitment: true }) },
  { name: 'peers', cost: 'cheap', create: createPeersOracle },
  { name: 'no-unprovoked-close', cost: 'cheap', create: createNoUnprovokedClose },
  { name: 'answers', cost: 'cheap', create: createAnswers },
  { name: 'told', cost: 'cheap', create: createTold },
  { name: 'liveness', cost: 'cheap', create: createLiveness },
];

/** Oracles that a costly one makes needless, because it does all that they do. */
const REPLACES: Readonly<Record<string, readonly string[]>> = {
  sendable: ['limits'],
  codec: ['some-stores'],
  'every-script': ['validity'],
  'every-commitment': ['validity', 'every-script'],
};

export interface OracleOptions {
  /** Names of the costly ones to create beside all cheap ones. Default none. */
  readonly costly?: readonly string[];
  /** A project's own, asked after these. */
  readonly own?: readonly OracleFactory[];
}

/** Every costly oracle: for replays. */
export const COSTLY: readonly string[] = ORACLES.filter(({ cost }) => cost === 'costly').map(({ name }) => name);

/** The costly oracles that watch a seed of a campaign, by its token. Each draws its own seeds; most have none. */
export function drawCostly(token: string): readonly string[] {
  return ORACLES.filter((entry) => entry.cost === 'costly' && fraction(`${token}/${entry.name}`) < entry.share).map(({ name }) => name);
}

/** The oracles of one run. */
export function createOracles({ costly = [], own = [] }: OracleOptions = {}): readonly Oracle[] {
  const chosen = ORACLES.filter(({ name, cost }) => cost === 'cheap' || costly.includes(name));
  const replaced = new Set(chosen.flatMap(({ name }) => REPLACES[name] ?? []));
  return [...chosen.filter(({ name }) => !replaced.has(name)).map(({ create }) => create()), ...own.map((create) => create())];
}

/** How often each licence justified an outcome in this run. */
export function licensedOutcomes(oracles: readonly Oracle[]): ReadonlyMap<string, number> {
  const licensing = oracles.find((oracle): oracle is LicensingOracle => 'licensed' in oracle);
  return licensing?.licensed ?? new Map();
}

/** A number in [0, 1) that follows from the text. */
function fraction(text: string): number {
  const hash = new RunningHash();
  hash.text(text);
  return Number.parseInt(hash.key().slice(0, 8), 16) / 0x1_0000_0000;
}
