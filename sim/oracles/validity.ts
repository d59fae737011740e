import { isClosed } from '../../core/channel/model/ending.ts';
import { scriptSignature } from '../../core/bitcoin/der.ts';
import { serialiseTx, txid as txidOf } from '../../core/bitcoin/tx.ts';
import type { Tx, TxOutput } from '../../core/bitcoin/tx.ts';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import type { Hash32, Preimage, PublicKey, RawTx, Script, SecretKey } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { Side } from '../../core/transactions/types.ts';
import { RunningHash } from '../deterministic/hash.ts';
import type { ChannelInfo, DriverEffect, Finding, Oracle, WorldView } from '../scenario/types.ts';
import { contentsOf, otherSide, txidsOf, fundingOf } from '../model/commitment-contents.ts';
import type { Contents } from '../model/commitment-contents.ts';
import { changes, channelName, hasCommitments, peerState, showsNone, statesOf } from '../world/channel-changes.ts';
import type { WithCommitments } from '../world/channel-changes.ts';
import { checkPolicy, checkStandard } from '../model/relay-policy.ts';
import { parseOnce } from '../model/parse-once.ts';
import { faulty, SPEND_FAULTS, verifyStructure } from '../model/tx-structure.ts';
import type { SpendVerdict } from '../model/tx-structure.ts';
import { fundingScript, ownSighash, rebuild, witnessed } from '../model/transactions.ts';
import type { Basis, Rebuilt, RebuiltHtlc } from '../model/transactions.ts';
import { fundingLost } from './licences.ts';
import { finding } from './difference.ts';
import { STATE_SINK } from '../../core/channel/model/channel-vocabulary.ts';

const ORACLE = 'validity';
const KINDS = [
  ...SPEND_FAULTS,
  'unknown-output',
  'broadcasts-nothing',
  'another-commitment',
  'number-of-signatures',
  'htlc-signature',
] as const;
type Kind = (typeof KINDS)[number];
/** What is wrong with a transaction, if anything is. */
type Fault = Extract<SpendVerdict, { ok: false }> | undefined;

type BroadcastEffect = Extract<DriverEffect, { kind: 'broadcast' }>;

/**
 * Every transaction that is broadcast, and after settling what one end of every channel would broadcast if it failed now, passes a script
 * interpreter that is not ours and the relay policy of Bitcoin Core. With `everyCommitment`, the fundings too, and each commitment of both
 * ends as soon as it is held, with its HTLC transactions.
 */
export function createValidity({ everyCommitment, scripts = 'all' }: ValidityOptions): Oracle {
  return scripts === 'all' ? build(everyCommitment, always, always, new Set()) : build(everyCommitment, aQuarter, never, new Set());
}

export interface ValidityOptions {
  readonly everyCommitment: boolean;
  /**
   * Which are executed. `some`: those of one in four of the transactions that are broadcast, and of none that is only asked for after
   * settling; the rest of each is judged as ever. The interpreter costs as much as a whole exchange. Default `all`.
   */
  readonly scripts?: 'all' | 'some';
}

/** Whether the scripts of a transaction are executed. */
type Executes = (raw: RawTx) => boolean;
const always: Executes = () => true;
const never: Executes = () => false;
/** By its bytes: the same ones in every run. */
const aQuarter: Executes = (raw) => {
  const hash = new RunningHash();
  hash.text(raw);
  return (hash.low() & 3) === 0;
};

/** One end of a channel, by the seed: both hold the same balances by now, and the interpreter costs as much as a whole exchange. */
function drawnEnd({ channelId, opener, accepter }: ChannelInfo): string {
  return (channelId ?? '').charCodeAt(0) % 2 === 0 ? opener : accepter;
}

/** `passed`: transactions and commitments that passed already. */
function build(everyCommitment: boolean, ofBroadcast: Executes, ofSettled: Executes, passed: Set<string>): Oracle {
  return {
    name: ORACLE,
    kinds: KINDS,
    asks: everyCommitment ? ['channels', 'fork'] : ['channels'],
    step(world, record) {
      for (const effect of record.effects) {
        // A funding transaction is the wallet's, not the node's.
        if (effect.kind !== 'broadcast' || (effect.purpose === 'funding' && !everyCommitment)) continue;
        const state = statesOf(world, record.node).get(effect.channelId);
        const found = broadcast(world, record.node, hasCommitments(state) ? state : undefined, effect, ofBroadcast, passed);
        if (found !== undefined) return found;
      }
      if (!everyCommitment) return undefined;
      for (const { before, after } of changes(world, record)) {
        if (after.phase !== 'funded') continue;
        const { us } = after.params;
        if (hasCommitments(before) && before.shared.commitments[us].current === after.shared.commitments[us].current) continue;
        const found = enforceable(world, record.node, after, ofBroadcast, passed);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    settled(world) {
      for (const info of world.channels) {
        for (const node of everyCommitment ? [info.opener, info.accepter] : [drawnEnd(info)]) {
          const state = world.channelState(node, info.name);
          const found = state?.phase === 'funded' && !isClosed(state) ? enforceable(world, node, state, ofSettled, passed) : undefined;
          if (found !== undefined) return found;
        }
      }
      return undefined;
    },
    fork: () => build(everyCommitment, ofBroadcast, ofSettled, new Set(passed)),
  };
}

function invalid(world: WorldView, node: string, channelId: string, rule: string, kind: Kind, reason: string, tx: unknown): Finding {
  return finding(world, {
    oracle: ORACLE,
    rule,
    kind,
    node,
    channel: channelName(world, channelId),
    message: `${node}: ${rule}: ${reason}`,
    expected: 'valid and standard',
    actual: tx,
  });
}

/** What is executed is read from its bytes, as everybody reads it. Where the host brought no interpreter, everything but the scripts is judged. */
function executed({ crypto, interpreter }: WorldView, raw: RawTx, prevouts: readonly TxOutput[], feeFromElsewhere: boolean): Fault {
  const verdict = (): SpendVerdict => {
    if (interpreter !== undefined) {
      const said = interpreter.verifySpend(crypto, raw, prevouts);
      return said.ok ? said : faulty(SPEND_FAULTS.find((known) => known === said.fault) ?? 'script', said.reason);
    }
    const tx = parseOnce(raw);
    return tx === undefined ? faulty('structure', 'not a transaction') : verifyStructure(tx, prevouts);
  };
  return problem(verdict(), () => checkPolicy(raw, prevouts, { feeFromElsewhere }));
}

function notExecuted(tx: Tx, prevouts: readonly TxOutput[], feeFromElsewhere: boolean): Fault {
  return problem(verifyStructure(tx, prevouts), () => checkStandard(tx, prevouts, { feeFromElsewhere }));
}

function problem(valid: SpendVerdict, policy: () => SpendVerdict): Fault {
  if (!valid.ok) return valid;
  const standard = policy();
  return standard.ok ? undefined : standard;
}

/** The outputs that a transaction spends; the funding of a channel is known even where nobody has broadcast it. */
function prevoutsOf(world: WorldView, state: WithCommitments | undefined, tx: Tx): readonly TxOutput[] | undefined {
  const outputs: TxOutput[] = [];
  for (const input of tx.inputs) {
    const output = world.chain.output(input) ?? (state && fundingOutput(world.crypto, state, input));
    if (output === undefined) return undefined;
    outputs.push(output);
  }
  return outputs;
}

function fundingOutput(
  crypto: Crypto,
  state: WithCommitments,
  { txid, vout }: { readonly txid: string; readonly vout: number },
): TxOutput | undefined {
  const funding = state.fundings.find((f) => f.output.txid === txid && f.output.vout === vout);
  if (funding === undefined) return undefined;
  const { opener, accepter } = funding.output.fundingPubkeys;
  const witnessScript = fundingScript(opener, accepter);
  return { amountSat: funding.output.amountSat, script: `0020${toHex(crypto.sha256(fromHex(witnessScript)))}` as Script };
}

function broadcast(
  world: WorldView,
  node: string,
  state: WithCommitments | undefined,
  effect: BroadcastEffect,
  executes: Executes,
  passed: Set<string>,
): Finding | undefined {
  const { tx, purpose, channelId } = effect;
  // The witness counts too: the same transaction may come again with another signature.
  const raw = serialiseTx(tx);
  if (passed.has(raw)) return undefined;
  const rule = `broadcast.${purpose}`;
  const prevouts = prevoutsOf(world, state, tx);
  // What a commitment spends may be in no mempool: then only the node's state has the funding output.
  if (prevouts === undefined && purpose === 'commitment' && showsNone(world, node)) return undefined;
  if (prevouts === undefined) return invalid(world, node, channelId, rule, 'unknown-output', 'spends an output that does not exist', tx);
  // What was valid may still be refused because something else spends its input: that is the chain's business.
  const feeFromElsewhere = purpose === 'commitment' && state !== undefined && fundingOf(state).format === 'anchors';
  const fault = executes(raw) ? executed(world, raw, prevouts, feeFromElsewhere) : notExecuted(tx, prevouts, feeFromElsewhere);
  if (fault !== undefined) return invalid(world, node, channelId, rule, fault.fault, fault.reason, tx);
  passed.add(raw);
  return undefined;
}

// ---------------------------------------------------------------- what a node could enforce

/** The commitment that a node holds now: a copy of it is told to force-close, and what it broadcasts must be valid. */
function enforceable(world: WorldView, node: string, state: WithCommitments, executes: Executes, passed: Set<string>): Finding | undefined {
  const { us } = state.params;
  const { current } = state.shared.commitments[us];
  const key = `${node}/${state.channelId}/${current.number}/${txidsOf(state, us, current)[0] ?? ''}`;
  // A commitment whose funding the chain has spent otherwise can't confirm.
  if (passed.has(key) || fundingLost(world, world.height(node), state, 1)) return undefined;
  const found = commitment(world, node, state, executes, passed) ?? secondStages(world, node, state, executes);
  if (found === undefined) passed.add(key);
  return found;
}

function commitment(world: WorldView, node: string, state: WithCommitments, executes: Executes, passed: Set<string>): Finding | undefined {
  const copy = world.driver(node)?.fork?.();
  if (copy === undefined) return undefined;
  const { channelId, params, shared } = state;
  const closing = copy.step({ kind: 'command', command: { kind: 'force_close', channelId } });
  // The broadcast waits until it is durable that the channel has failed.
  const stores = closing.flatMap((e) =>
    e.kind === 'store' ? [{ kind: 'stored' as const, sink: STATE_SINK, channelId, version: e.version }] : [],
  );
  const effects = [...closing, ...stores.flatMap((stored) => copy.step(stored))];
  const effect = effects.find((e): e is BroadcastEffect => e.kind === 'broadcast' && e.purpose === 'commitment');
  if (effect === undefined)
    return invalid(
      world,
      node,
      channelId,
      'force_close',
      'broadcasts-nothing',
      'it broadcasts nothing',
      effects.map((e) => e.kind),
    );
  const id = txidOf(world.crypto, effect.tx);
  const { current } = shared.commitments[params.us];
  const txids = txidsOf(state, params.us, current);
  if (!txids.includes(id))
    return invalid(
      world,
      node,
      channelId,
      'force_close',
      'another-commitment',
      'broadcasts another commitment than the current one',
      txids,
    );
  return broadcast(world, node, state, effect, executes, passed);
}

/** HTLC transactions of our commitment with the peer's signatures. Ours is made up where the provider lets anyone sign. */
function secondStages(world: WorldView, node: string, state: WithCommitments, executes: Executes): Finding | undefined {
  const { us } = state.params;
  const signatures = state.fundings[0]?.received.htlcSignatures ?? [];
  const contents = contentsOf(state.shared, state.shared.commitments[us].current);
  if (typeof contents === 'string' || (contents.htlcs.length === 0 && signatures.length === 0)) return undefined;
  const built = rebuilt(world, state, contents);
  if (built === undefined) return undefined;
  if (signatures.length !== built.htlcs.length) {
    return invalid(world, node, state.channelId, 'htlc-signatures', 'number-of-signatures', 'another number than HTLC outputs', [
      signatures.length,
      built.htlcs.length,
    ]);
  }
  for (const [i, htlc] of built.htlcs.entries()) {
    const peer = signatures[i] as NonNullable<(typeof signatures)[number]>;
    const rule = `htlc-${htlc.kind}`;
    if (!world.crypto.verify(peer, htlc.sighash, built.htlcKeys[otherSide(us)])) {
      return invalid(world, node, state.channelId, rule, 'htlc-signature', "the peer's signature is not valid", htlc.htlc);
    }
    const preimage = htlc.kind === 'success' ? preimageOf(world, htlc.htlc.paymentHash) : undefined;
    if (world.crypto.name !== 'fake' || (htlc.kind === 'success' && preimage === undefined)) continue;
    // Its structure is the oracle's own.
    if (!executes(toHex<RawTx>(htlc.rawTx))) continue;
    const raw = signed(world.crypto, htlc, scriptSignature(peer, htlc.sighashType), built.htlcKeys[us], preimage);
    const prevout = { amountSat: htlc.spentSat, script: `0020${toHex(world.crypto.sha256(fromHex(htlc.witnessScript)))}` as Script };
    const fault = executed(world, raw, [prevout], fundingOf(state).format === 'anchors');
    if (fault !== undefined) return invalid(world, node, state.channelId, rule, fault.fault, fault.reason, htlc.htlc);
  }
  return undefined;
}

/** With the fake provider a public key is its own secret. */
function signed(crypto: Crypto, htlc: RebuiltHtlc, peerSignature: string, ownKey: PublicKey, preimage: Preimage | undefined): RawTx {
  const own = crypto.sign(ownSighash(htlc), ownKey.slice(2) as SecretKey);
  return witnessed(htlc.rawTx, ['', peerSignature, scriptSignature(own, 1), preimage ?? '', htlc.witnessScript]);
}

function preimageOf(world: WorldView, paymentHash: Hash32): Preimage | undefined {
  return world.payments.find((payment) => payment.paymentHash === paymentHash)?.preimage as Preimage | undefined;
}

function rebuilt(world: WorldView, state: WithCommitments, contents: Contents): Rebuilt | undefined {
  const { us } = state.params;
  const { number } = state.shared.commitments[us].current;
  const point = pointOf(world, state, us, number);
  return point && rebuild(world.crypto, basisOf(state), us, number, point, contents);
}

/** The point of our own commitment is what the peer has been told of it. */
function pointOf(world: WorldView, state: WithCommitments, us: Side, number: bigint): PublicKey | undefined {
  const peer = peerState(world, state);
  if (peer === undefined) return undefined;
  const theirView = peer.shared.commitments[us].current.number;
  if (theirView === number) return peer.remote.currentPoint;
  return theirView + 1n === number ? peer.remote.nextPoint : undefined;
}

function basisOf(state: WithCommitments): Basis {
  const { format, txid, vout, amountSat, fundingPubkeys } = fundingOf(state);
  const { opener, accepter } = state.params.parties;
  return {
    format,
    fundingTxid: txid,
    fundingVout: vout,
    capacitySat: amountSat,
    parties: {
      opener: { fundingPubkey: fundingPubkeys.opener, ...opener },
      accepter: { fundingPubkey: fundingPubkeys.accepter, ...accepter },
    },
  };
}
