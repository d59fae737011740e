import type { PublicKey } from '../crypto/bytes.ts';
import { reschedule } from '../time/deadlines.ts';
import { decodeMessage } from '../wire/messages/index.ts';
import type { MessageIn } from '../wire/messages/index.ts';
import type { GossipEnv, GossipOutputs, GossipPeer, GossipState } from './gossip-vocabulary.ts';
import type { GossipRuleId } from './rules.ts';

/** One step of gossip under way: the state so far and what is said so far. */
export interface Intake {
  readonly env: GossipEnv;
  state: GossipState;
  readonly outputs: GossipOutputs[];
}

export const MS_PER_SECOND = 1000;
/** What it costs to look for something that is then not sent counts as so many bytes. */
export const LOOKED_AT_BYTES = 20;

export function draft(run: Intake): { -readonly [K in keyof GossipState]: GossipState[K] } {
  const { view, checks, peers, news, nowMs, height, prunedMs, deadlines } = run.state;
  const copy = { view, checks, peers, news, nowMs, height, prunedMs, deadlines };
  run.state = copy;
  return copy;
}

/** From now on `of` waits until `atMs`, or for nothing. */
export function waitUntil(run: Intake, of: string, atMs: number | undefined): void {
  const deadlines = reschedule(run.state.deadlines, of, atMs);
  if (deadlines !== run.state.deadlines) draft(run).deadlines = deadlines;
}

export function setPeer(run: Intake, peer: GossipPeer): void {
  draft(run).peers = new Map(run.state.peers).set(peer.id, peer);
}

/** What is wrong with a message: told for the log, and to the peer where it is the peer's fault. */
export function broken(run: Intake, peer: PublicKey, rule: GossipRuleId, detail: string): void {
  run.outputs.push({ kind: 'broken', peer, rule, detail });
}

export function sendBytes(run: Intake, peer: PublicKey, bytes: Uint8Array): void {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok || decoded.group !== 'gossip') throw new RangeError('what is kept of gossip can be read');
  run.outputs.push({ kind: 'send', peer, message: decoded.message });
}

export function send(run: Intake, peer: PublicKey, message: MessageIn<'gossip'>): void {
  run.outputs.push({ kind: 'send', peer, message });
}

function spentNow({ spent }: GossipPeer, nowMs: number): GossipPeer['spent'] {
  const at = Math.floor(nowMs / MS_PER_SECOND);
  return spent.at === at ? spent : { at, verifications: 0, bytes: 0 };
}

/** Verifications for this peer in this second: true where they are paid for. Nothing else of the peer suffers where they are not. */
export function mayVerify(run: Intake, id: PublicKey, count: number): boolean {
  const peer = run.state.peers.get(id);
  if (peer === undefined) return false;
  const { at, verifications, bytes } = spentNow(peer, run.state.nowMs);
  if (verifications + count > run.env.limits.verificationsPerSecond) return false;
  setPeer(run, { ...peer, spent: { at, verifications: verifications + count, bytes } });
  return true;
}

/** Bytes that may still go to this peer in this second. One message may go beyond them. */
export function bytesLeft({ env, state }: Intake, peer: GossipPeer): number {
  return env.limits.bytesPerSecond - spentNow(peer, state.nowMs).bytes;
}

export function withBytesSpent(run: Intake, peer: GossipPeer, count: number): GossipPeer {
  const { at, verifications, bytes } = spentNow(peer, run.state.nowMs);
  return { ...peer, spent: { at, verifications, bytes: bytes + count } };
}
