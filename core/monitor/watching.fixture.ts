import { expect } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { scriptSignature } from '../bitcoin/der.ts';
import { p2pkh, p2wpkh } from '../bitcoin/script.ts';
import { bip143Sighash, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { withWitness } from '../bitcoin/tx.ts';
import type { Outpoint, Tx, TxInput, TxOutput } from '../bitcoin/tx.ts';
import { isChainRefusal, readChainInput } from '../chain/update.ts';
import type { ChainInput } from '../chain/update.ts';
import { add, secretOf } from '../channel/updates.fixture.ts';
import { signedCommitment } from '../channel/fail/own-commitment.ts';
import { bytes32, Duo } from '../channel/duo.fixture.ts';
import { onlyFunding } from '../channel/model/fundings.ts';
import type { FundedState } from '../channel/model/state.ts';
import type { ChannelId, PublicKey, Script, SecretKey, Signature, Txid } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { FundingUpdate, MonitorUpdate } from '../knowledge/updates.ts';
import { fundingWitness } from '../transactions/commitment.ts';
import type { CommitmentFormat, Side } from '../transactions/types.ts';
import { htlcTxWitness } from '../transactions/htlc.ts';
import { derivePrivateKey } from '../transactions/keys.ts';
import { createClaimSigner } from './claim-signer.ts';
import type { ClaimKey } from './claim-signer.ts';
import type { ClaimKind } from './claims.ts';
import type { Coin } from './claim-tx.ts';
import { CommitmentCache } from './commitment-cache.ts';
import type { Fact } from './facts.ts';
import { scriptsOf } from './knowledge.ts';
import type { Knowledge } from './knowledge.ts';
import { outpointKey } from './outputs.ts';
import { DEFAULT_CHAIN_POLICY } from './policy.ts';
import { TestChain } from './test-chain.fixture.ts';
import { decodeWatcher, encodeWatcher } from './stored-form.ts';
import { assess, createWatcher, watcherStep } from './watcher.ts';
import type { WatcherEnv, WatcherInput, WatcherOutput, WatcherState } from './watcher-vocabulary.ts';

export const SIDES = ['opener', 'accepter'] as const;

/** Goes on with what storage gives back, and holds that it is the same. */
export function storable(state: WatcherState): WatcherState {
  const bytes = encodeWatcher(state);
  const decoded = decodeWatcher(bytes);
  if (!decoded.ok) throw new Error(`${decoded.error.field}: ${decoded.error.detail}`);
  expect(encodeWatcher(decoded.value)).toEqual(bytes);
  return decoded.value;
}

/** A host's wallet: P2WPKH coins of one key. */
class Wallet {
  readonly #crypto: Crypto;
  readonly #secret: SecretKey;
  readonly #key: PublicKey;
  readonly #chain: TestChain;
  #count = 0;
  /** The sum of its coins. */
  givenSat = 0n;

  constructor(crypto: Crypto, chain: TestChain, n: number) {
    this.#crypto = crypto;
    this.#secret = bytes32<SecretKey>(n);
    this.#key = crypto.publicKey(this.#secret);
    this.#chain = chain;
  }

  get script(): Script {
    return p2wpkh(this.#crypto, this.#key);
  }

  /** A new coin of so much. */
  coin(amountSat: bigint): Coin {
    const id = (this.#key.slice(2, 10) + (this.#count++).toString(16).padStart(56, '0')) as Txid;
    const output = { amountSat, script: this.script };
    this.#chain.give(id, [output]);
    this.givenSat += amountSat;
    return { outpoint: { txid: id, vout: 0 }, amountSat };
  }

  sign(tx: Tx, coins: readonly Coin[]): Tx {
    let signed = tx;
    for (const [at, input] of tx.inputs.entries()) {
      const coin = coins.find(({ outpoint }) => outpointKey(outpoint) === outpointKey(input));
      if (coin === undefined) continue;
      const digest = bip143Sighash(this.#crypto, tx, at, p2pkh(this.#crypto, this.#key), coin.amountSat, SIGHASH_ALL);
      signed = withWitness(signed, at, [scriptSignature(this.#crypto.sign(digest, this.#secret), SIGHASH_ALL), this.#key]);
    }
    return signed;
  }
}

/** One side's watcher with its host. */
export class WatcherEnd {
  readonly wallet: Wallet;
  readonly side: Side;
  readonly #chain: TestChain;
  env: WatcherEnv;
  state: WatcherState;
  /** What it did, in order. */
  readonly log: WatcherOutput[] = [];
  /** What its host could not broadcast. */
  readonly rejected: string[] = [];
  /** Whether its host carries out what it says. */
  awake = true;
  /** Whether its host broadcasts nothing. */
  hoards = false;

  constructor(side: Side, crypto: Crypto, duo: Duo, chain: TestChain, state: WatcherState = createWatcher(chain.at(chain.height))) {
    this.side = side;
    this.#chain = chain;
    this.wallet = new Wallet(crypto, chain, side === 'opener' ? 0x51 : 0x52);
    const signer = createClaimSigner(crypto, (keysId) => duo.signers[side].claimSecrets(keysId));
    const destination = this.wallet.script;
    this.env = {
      crypto,
      cache: new CommitmentCache(crypto),
      signer,
      post: 'node',
      policy: DEFAULT_CHAIN_POLICY,
      destination,
      feeratePerKw: 1000,
      hasCoins: true,
    };
    this.state = state;
  }

  input(input: WatcherInput): readonly WatcherOutput[] {
    const { state, effects } = watcherStep(this.env, this.state, input);
    this.state = effects.some(({ kind }) => kind === 'store') ? storable(state) : state;
    this.log.push(...effects);
    if (this.awake) for (const effect of effects) this.#carryOut(effect);
    return effects;
  }

  chain(input: ChainInput): readonly WatcherOutput[] {
    const update = readChainInput(this.env.crypto, input);
    if (isChainRefusal(update)) throw new Error(update.detail);
    const effects = this.input(update);
    const refused = effects.find((effect) => effect.kind === 'chain_refused');
    if (refused?.kind === 'chain_refused') throw new Error(refused.refusal.detail);
    return effects;
  }

  assess() {
    if (this.state.knowledge === undefined) throw new Error('nothing is known');
    return assess(this.env, this.state.knowledge, this.state.view);
  }

  wanted(): readonly string[] {
    return this.assess().wanted.map(({ kind }) => kind);
  }

  facts(): readonly Fact[] {
    return this.state.acts.told.map(({ fact }) => fact);
  }

  /** What was told of an HTLC. */
  fateOf(offerer: Side, id: bigint): string | undefined {
    const fact = this.facts().find((told) => told.kind === 'htlc' && told.offerer === offerer && told.id === id);
    return fact?.kind === 'htlc' ? fact.fate : undefined;
  }

  #carryOut(effect: WatcherOutput): void {
    if (effect.kind === 'ask_coins') {
      this.input({ kind: 'coins', claim: effect.claim, coins: [this.wallet.coin(effect.amountSat)] });
    } else if (effect.kind === 'broadcast' && !this.hoards) {
      const why = this.#chain.submit(effect.txs.map((tx) => this.wallet.sign(tx, effect.coins)));
      if (why !== undefined) this.rejected.push(`${effect.claim}: ${why}`);
    }
  }
}

/** A channel of two ends, a watcher beside each, and a chain. */
export class Watching {
  readonly crypto: Crypto;
  readonly duo: Duo;
  readonly channelId: ChannelId;
  readonly chain: TestChain;
  readonly ends: Readonly<Record<Side, WatcherEnd>>;
  /** Watchers beside those of the two ends: cheaters' from another time, copies. */
  readonly others: WatcherEnd[] = [];
  readonly #fundingTx: Tx;
  readonly #base: number;
  readonly #fed: Record<Side, number> = { opener: 0, accepter: 0 };

  constructor(format: CommitmentFormat, crypto: Crypto = createFakeCrypto()) {
    this.crypto = crypto;
    this.duo = new Duo({ crypto, command: { format } });
    const tx = this.duo.fund();
    this.#fundingTx = tx;
    this.duo.block([tx]);
    this.duo.block([], 2);
    this.duo.exchange();
    this.channelId = this.duo.channelId;
    this.#base = this.duo.ends.opener.env.tip.height;
    this.chain = this.newChain();
    this.ends = {
      opener: new WatcherEnd('opener', crypto, this.duo, this.chain),
      accepter: new WatcherEnd('accepter', crypto, this.duo, this.chain),
    };
    this.feed();
  }

  /** What each channel has told its watcher since. */
  feed(): void {
    for (const side of SIDES) for (const [at, update] of this.told(side).entries()) if (at >= this.#fed[side]) this.#tell(side, update);
  }

  told(side: Side): readonly MonitorUpdate[] {
    return this.duo.ends[side].log.flatMap((effect) => (effect.kind === 'monitor' ? [effect.update] : []));
  }

  #tell(side: Side, update: MonitorUpdate): void {
    this.#fed[side]++;
    this.ends[side].input({ kind: 'update', number: this.#fed[side], update });
  }

  get funding(): Outpoint {
    const { output } = onlyFunding(this.duo.ends.opener.state as FundedState);
    return { txid: output.txid, vout: output.vout };
  }

  /** The current commitment of a side, signed by both. */
  commitmentOf(side: Side): Tx {
    const { env, state } = this.duo.ends[side];
    return signedCommitment(env, state as FundedState) as Tx;
  }

  /** As `commitmentOf`, in a block at once. */
  confirm(side: Side): Tx {
    const tx = this.commitmentOf(side);
    this.mineWith([tx]);
    return tx;
  }

  /** An HTLC of `offerer` that both have irrevocably committed: payment `n`. */
  pay(offerer: Side, n: number, changes: Parameters<typeof add>[3] = {}): void {
    add(this.duo, offerer, n, changes);
    this.duo.exchange();
    this.feed();
  }

  /** Payment `n`, which only the peer's next commitment has: signed for, and not acknowledged. */
  sign(offerer: Side, n: number): void {
    add(this.duo, offerer, n);
    this.duo.deliver(offerer);
    this.duo.deliver(offerer);
    this.feed();
  }

  /** The recipient of HTLC `id` learns the preimage of payment `n`, and the offerer does not hear of it. */
  learn(recipient: Side, id: bigint, n: number): void {
    const { outgoing } = this.duo.ends[recipient];
    this.duo.command(recipient, { kind: 'fulfill', channelId: this.channelId, id, preimage: secretOf(n).preimage });
    outgoing.length = 0;
    this.feed();
  }

  /** What a side may give to the chain now, and will have revoked: its watcher of this moment, told that it is final. */
  cheater(side: Side): WatcherEnd {
    const { number } = (this.duo.ends[side].state as FundedState).shared.commitments[side].current;
    const tx = this.commitmentOf(side);
    const end = new WatcherEnd(side, this.crypto, this.duo, this.chain, this.ends[side].state);
    end.awake = false;
    end.input({ kind: 'update', number: end.state.learned + 1, update: { kind: 'final', number, tx } });
    return end;
  }

  /** It gives its old commitment to the chain, which has it with the next block. */
  cheat(end: WatcherEnd): void {
    const tx = end.state.knowledge?.final?.tx as Tx;
    this.others.push(end);
    end.awake = true;
    this.mineWith([tx]);
  }

  /** A transaction that both have signed, and that is neither a commitment nor a closing transaction. */
  strange(signers: Watching['duo']['signers']): Tx {
    const { keysId } = (this.duo.ends.opener.state as FundedState).params;
    const { keysId: theirs } = (this.duo.ends.accepter.state as FundedState).params;
    const funding = this.ends.opener.state.knowledge?.fundings[0] as FundingUpdate;
    const scripts = scriptsOf(this.crypto, (this.ends.opener.state.knowledge as Knowledge).parameters, funding);
    const input = { txid: funding.txid, vout: funding.vout, sequence: 0, scriptSig: '' as Script, witness: [] };
    const tx: Tx = {
      version: 2,
      locktime: 0,
      inputs: [input],
      outputs: [{ amountSat: 900_000n, script: ('0014' + 'cc'.repeat(20)) as Script }],
    };
    const digest = scripts.fundingSighash(tx);
    const secrets = [signers.opener.claimSecrets(keysId).funding, signers.accepter.claimSecrets(theirs).funding] as const;
    const [opener, accepter] = secrets.map((secret) => this.crypto.sign(digest, secret as SecretKey)) as [Signature, Signature];
    return withWitness(tx, 0, fundingWitness(scripts, opener, accepter));
  }

  /** One transaction for all HTLC claims of these kinds, with a coin of the claimant's in front: what a peer's signatures allow with anchors. */
  batch(end: WatcherEnd, kinds: readonly ClaimKind[]): Tx {
    const spendings = end
      .assess()
      .wanted.flatMap(({ kind, spending }) => (kinds.includes(kind) && spending.how === 'htlc_tx' ? [spending] : []));
    const coin = end.wallet.coin(20_000n);
    const paid = { txid: coin.outpoint.txid, vout: coin.outpoint.vout, sequence: 0xfffffffd, scriptSig: '' as Script, witness: [] };
    let tx: Tx = {
      version: 2,
      locktime: 0,
      inputs: [paid, ...spendings.map(({ htlcTx }) => htlcTx.tx.inputs[0] as TxInput)],
      outputs: [{ amountSat: 15_000n, script: end.wallet.script }, ...spendings.map(({ htlcTx }) => htlcTx.tx.outputs[0] as TxOutput)],
    };
    const { keysId } = (this.duo.ends[end.side].state as FundedState).params;
    const { htlc } = this.duo.signers[end.side].claimSecrets(keysId);
    for (const [at, { htlcTx, key, peerSignature, preimage }] of spendings.entries()) {
      const { point } = key as Extract<ClaimKey, { kind: 'htlc' }>;
      const secret = derivePrivateKey(this.crypto, htlc, this.crypto.publicKey(htlc), point);
      const digest = bip143Sighash(this.crypto, tx, at + 1, htlcTx.witnessScript, htlcTx.amountSat, SIGHASH_ALL);
      tx = withWitness(tx, at + 1, htlcTxWitness(htlcTx, peerSignature, this.crypto.sign(digest, secret), preimage));
    }
    return end.wallet.sign(tx, [coin]);
  }

  mine(count = 1): void {
    this.tell(this.chain.mine(count));
  }

  mineWith(txs: readonly Tx[]): void {
    this.tell(this.chain.mineWith(txs));
  }

  /** Up to this height, a block at a time. */
  mineTo(height: number): void {
    while (this.chain.height < height) this.mine();
  }

  /** As `mineTo`, in few steps: nothing that is wanted matures on the way. */
  skipTo(height: number): void {
    if (height - 1 > this.chain.height) this.mine(height - 1 - this.chain.height);
    this.mineTo(height);
  }

  /** Until nothing is wanted by either watcher and all is irrevocably resolved: past every delay and expiry. */
  settle(): void {
    for (const height of [this.chain.height + 3, 299, 303, 316, 460, 466, this.chain.height + 150, 620, 780])
      if (height > this.chain.height) this.settleTo(height);
  }

  settleTo(height: number): void {
    this.skipTo(height);
    this.mine();
    this.mine();
  }

  tell(input: ChainInput): void {
    for (const side of SIDES) this.ends[side].chain(input);
    for (const end of this.others) end.chain(input);
  }

  /** The channel of this side fails, and its watcher is told that its commitment is final. */
  fail(side: Side): void {
    this.duo.command(side, { kind: 'force_close', channelId: this.channelId });
    this.feed();
  }

  /** A chain of its own that begins where this one did, for one ending of many. */
  newChain(): TestChain {
    const chain = new TestChain(this.crypto, this.#base);
    chain.give(this.funding.txid, this.#fundingTx.outputs);
    return chain;
  }
}

/** Block after block, or straight to what matures next, until nobody wants anything more that is worth its fee. */
export function runToEnd(chain: TestChain, ends: readonly WatcherEnd[]): void {
  for (let idle = 0; idle < 3;) {
    const next = ends.flatMap((end) => end.assess().wanted.map(({ earliest }) => earliest)).filter((height) => height > chain.height + 1);
    const matures = next.length === 0 ? chain.height + 1 : Math.min(...next) - 1;
    const busy = chain.mempool.length > 0;
    idle = busy || next.length > 0 ? 0 : idle + 1;
    const told = chain.mine(busy ? 1 : Math.max(1, matures - chain.height));
    for (const end of ends) end.chain(told);
  }
}
