import { txid } from '../bitcoin/tx.ts';
import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import type { View } from '../chain/view.ts';
import type { Hash32, Signature, Txid } from '../crypto/bytes.ts';
import { actsFor, finished, unspentCoins, withActs } from './acts.ts';
import type { Acts, ClaimActs, Version } from './acts.ts';
import { draftClaim, isShort, signedTx, toSignFor } from './claim-tx.ts';
import type { Coin, Draft, Short, ToSign } from './claim-tx.ts';
import type { ClaimRequest } from './claim-signer.ts';
import type { Claim } from './claims.ts';
import { claimFeerate, replacementFloor } from './fees.ts';
import type { Outcome } from './outcome.ts';
import { outpointKey } from './outputs.ts';
import { actsFrom } from './patience.ts';
import type { Said, WatcherEnv, WatcherOutput } from './watcher-vocabulary.ts';

/** What `diff` brings: the acts to store, and what leaves then. */
export interface Difference {
  readonly acts: Acts;
  readonly effects: readonly WatcherOutput[];
}

/**
 * What is wanted in the chain and was not done yet. `said`: what was done is done once more where mempools may have forgotten it, or hosts have.
 */
export function diff(
  env: WatcherEnv,
  keysId: Hash32,
  view: View,
  outcome: Outcome,
  wanted: readonly Claim[],
  acts: Acts,
  said: Said,
): Difference {
  const effects: WatcherOutput[] = [];
  let now = withoutFinished(env, view, outcome, wanted, acts, effects);
  for (const claim of wanted) {
    if (actsFrom(env.post, claim) > view.tip.height) continue;
    const before = actsFor(now, claim.outpoint);
    const after = pursue(env, keysId, view.tip.height, claim, before, said, effects);
    if (after !== before) now = withActs(now, after);
  }
  return { acts: now, effects };
}

/** Coins of what is done with go back to the host, unless the chain has spent them. */
function withoutFinished(
  { policy }: WatcherEnv,
  view: View,
  { close }: Outcome,
  wanted: readonly Claim[],
  acts: Acts,
  effects: WatcherOutput[],
): Acts {
  const done = finished(acts, wanted, view, policy.reorgDepth, close);
  if (done.length === 0) return acts;
  const coins = done.flatMap((claim) => unspentCoins(view, claim));
  if (coins.length > 0) effects.push({ kind: 'release_coins', coins });
  return { claims: acts.claims.filter((claim) => !done.includes(claim)), told: acts.told };
}

function pursue(
  env: WatcherEnv,
  keysId: Hash32,
  tipHeight: number,
  claim: Claim,
  acts: ClaimActs,
  said: Said,
  effects: WatcherOutput[],
): ClaimActs {
  const drafted = draftFor(env, tipHeight, claim, acts);
  let after = acts;
  if (drafted !== undefined && isShort(drafted)) after = askForCoins(env, claim, acts, drafted, said, effects);
  if (drafted !== undefined && !isShort(drafted) && isNews(acts.version, drafted, claim))
    return take(env, keysId, claim, after, drafted, effects);
  const fallback = after.version === undefined ? aloneFor(claim) : undefined;
  if (fallback !== undefined) return take(env, keysId, claim, after, fallback, effects);
  if (after.version?.kind === claim.kind && isSaidAgain(after.version, said))
    leave(env, keysId, claim, after.coins, after.version, effects);
  return after;
}

/** A signer that has not answered was asked once: it is asked again after a restart alone. */
function isSaidAgain({ signed }: Version, said: Said): boolean {
  return said === 'started' || (said === 'broadcasts' && signed);
}

/** What the claim asks for at the present feerate, in the place of what has left for it. */
function draftFor(env: WatcherEnv, tipHeight: number, claim: Claim, { version, coins }: ClaimActs): Draft | Short | undefined {
  const { destination, feeratePerKw } = env;
  // Another kind for the same output conflicts with what has left, whatever it paid.
  const replaces = version !== undefined && version.kind !== claim.kind ? version.feeSat : undefined;
  return draftClaim(claim, {
    destination,
    feeratePerKw: claimFeerate(feeratePerKw, claim.deadline, tipHeight),
    coins,
    floor: (weight) => (replaces === undefined ? 0n : replacementFloor(replaces, weight)),
  });
}

/** Whether a draft is to leave: nothing has, or it replaces what has. */
function isNews(version: Version | undefined, draft: Draft, claim: Claim): boolean {
  if (version === undefined || version.kind !== claim.kind) return true;
  return draft.feeSat >= replacementFloor(version.feeSat, draft.weight);
}

/** Our commitment goes out by itself while the host has no coins for its child: it may be enough. */
function aloneFor({ spending }: Claim): Draft | undefined {
  return spending.how === 'commitment' ? { tx: spending.tx, feeSat: 0n, weight: 0, toSign: undefined } : undefined;
}

/** One request stands for a claim: more is asked when more is needed. */
function askForCoins(env: WatcherEnv, claim: Claim, acts: ClaimActs, { shortSat }: Short, said: Said, effects: WatcherOutput[]): ClaimActs {
  if (!env.hasCoins || (said !== 'started' && shortSat <= acts.askedSat)) return acts;
  effects.push({ kind: 'ask_coins', claim: acts.outpoint, amountSat: shortSat, deadline: claim.deadline });
  return { outpoint: acts.outpoint, version: acts.version, coins: acts.coins, askedSat: shortSat };
}

/** A new version: signed and broadcast, or its signature asked for. */
function take(env: WatcherEnv, keysId: Hash32, claim: Claim, acts: ClaimActs, draft: Draft, effects: WatcherOutput[]): ClaimActs {
  const { tx, toSign, feeSat } = draft;
  const signature = toSign === undefined ? undefined : env.signer.signClaim(requestOf(keysId, tx, toSign));
  const signed = signature === undefined || toSign === undefined ? tx : signedTx(tx, toSign, signature);
  const version = { kind: claim.kind, tx: signed, feeSat, signed: toSign === undefined || signature !== undefined };
  leave(env, keysId, claim, acts.coins, version, effects);
  return { outpoint: acts.outpoint, version, coins: acts.coins, askedSat: acts.askedSat };
}

function requestOf(keysId: Hash32, tx: Tx, { key, scriptCode, amountSat }: ToSign): ClaimRequest {
  return { keysId, tx, key, scriptCode, amountSat };
}

/** Into the mempool; or to the signer, which answers later. A child goes with its parent: alone, neither may be taken. */
function leave(
  env: WatcherEnv,
  keysId: Hash32,
  claim: Claim,
  coins: readonly Coin[],
  { tx, signed }: Version,
  effects: WatcherOutput[],
): void {
  const { kind, outpoint, spending } = claim;
  const toSign = toSignFor(claim);
  if (!signed && toSign !== undefined) {
    effects.push({ kind: 'sign', claim: outpoint, txid: txid(env.crypto, tx), request: requestOf(keysId, tx, toSign) });
    return;
  }
  const spends = new Set(tx.inputs.map(outpointKey));
  const parent = spending.how === 'commitment' && !spends.has(outpointKey(outpoint)) ? [spending.tx] : [];
  const used = coins.filter((coin) => spends.has(outpointKey(coin.outpoint)));
  effects.push({ kind: 'broadcast', claim: kind, txs: [...parent, tx], coins: used });
}

/** The signer's answer to the newest version of a claim; one to another changes nothing. */
export function signedLate(
  env: WatcherEnv,
  keysId: Hash32,
  wanted: readonly Claim[],
  acts: Acts,
  answer: { readonly claim: Outpoint; readonly txid: Txid; readonly signature: Signature },
): Difference {
  const { outpoint, version, coins, askedSat } = actsFor(acts, answer.claim);
  const claim = wanted.find((one) => outpointKey(one.outpoint) === outpointKey(outpoint) && one.kind === version?.kind);
  const toSign = claim === undefined ? undefined : toSignFor(claim);
  if (claim === undefined || toSign === undefined || version === undefined || version.signed) return { acts, effects: [] };
  if (txid(env.crypto, version.tx) !== answer.txid) return { acts, effects: [] };
  const { kind, tx, feeSat } = version;
  const complete: Version = { kind, tx: signedTx(tx, toSign, answer.signature), feeSat, signed: true };
  const effects: WatcherOutput[] = [];
  leave(env, keysId, claim, coins, complete, effects);
  return { acts: withActs(acts, { outpoint, version: complete, coins, askedSat }), effects };
}
