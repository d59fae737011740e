import { bip143Sighash, SIGHASH_ALL } from '../../bitcoin/sighash.ts';
import { scriptSignature } from '../../bitcoin/der.ts';
import { p2pkh, p2wpkh } from '../../bitcoin/script.ts';
import { txid, withWitness } from '../../bitcoin/tx.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { ChainInput } from '../../chain/update.ts';
import type { ChannelConfig } from '../../channel/model/channel-vocabulary.ts';
import type { PublicKey, Script, SecretKey, Txid } from '../../crypto/bytes.ts';
import type { Coin } from '../../monitor/claim-tx.ts';
import { TestChain } from '../../monitor/test-chain.fixture.ts';
import { Line } from '../forwarding/line.fixture.ts';
import type { NodeEffect } from '../node-vocabulary.ts';
import type { TestNode } from '../pair.fixture.ts';
import { bytes32 } from '../pair.fixture.ts';

/** A line of nodes that claim on one chain, which executes every transaction. */
export class Chained extends Line {
  readonly chain: TestChain;
  /** Nodes that hear of no block, and whose broadcasts come to nothing. */
  readonly asleep = new Set<TestNode>();
  /** Nodes whose wallets are empty. */
  readonly poor = new Set<TestNode>();
  readonly #looked = new Map<TestNode, number>();
  #coins = 0;
  /** What coins brought, by node. */
  readonly givenSat = new Map<TestNode, bigint>();

  constructor(count: number, config: Partial<ChannelConfig> = {}) {
    super(count, config, undefined, undefined, true);
    this.chain = new TestChain(this.crypto, this.node(0).state.tip.height);
    for (const tx of this.fundings) this.chain.give(txid(this.crypto, tx), tx.outputs);
  }

  secretOf(node: TestNode): SecretKey {
    return bytes32<SecretKey>(0x10 + this.nodes.indexOf(node));
  }

  /** Everything that nodes have asked for since, until they ask for nothing more. */
  carryOut(): void {
    for (let again = true; again;) {
      again = false;
      this.exchange();
      for (const node of this.nodes) {
        const from = this.#looked.get(node) ?? 0;
        const news = node.log.slice(from);
        this.#looked.set(node, node.log.length);
        if (news.length > 0) again = true;
        for (const effect of news) this.#perform(node, effect);
      }
    }
  }

  #perform(node: TestNode, effect: NodeEffect): void {
    if (effect.kind === 'broadcast' && !this.asleep.has(node)) this.chain.submit([effect.tx]);
    if (effect.kind === 'claim' && !this.asleep.has(node)) this.chain.submit(effect.txs.map((tx) => this.#sign(node, tx, effect.coins)));
    if (effect.kind === 'ask_coins' && !this.poor.has(node)) {
      const { channelId, claim, amountSat } = effect;
      node.input({ kind: 'coins', channelId, claim, coins: [this.coin(node, amountSat)] });
    }
    if (effect.kind === 'notify' && effect.event.kind === 'event') {
      const { channelId, event } = effect;
      node.command({ kind: 'acknowledge', channelId, eventId: event.id });
    }
  }

  coin(node: TestNode, amountSat: bigint): Coin {
    const id = (++this.#coins).toString(16).padStart(64, 'c') as Txid;
    this.chain.give(id, [{ amountSat, script: this.homeOf(node) }]);
    this.givenSat.set(node, (this.givenSat.get(node) ?? 0n) + amountSat);
    return { outpoint: { txid: id, vout: 0 }, amountSat };
  }

  homeOf(node: TestNode): Script {
    return p2wpkh(this.crypto, node.id);
  }

  /** What a node has on the chain, beyond what its coins brought. */
  earnedSat(node: TestNode): bigint {
    return this.chain.paidTo(this.homeOf(node)) - (this.givenSat.get(node) ?? 0n);
  }

  #sign(node: TestNode, tx: Tx, coins: readonly Coin[]): Tx {
    const secret = this.secretOf(node);
    const key: PublicKey = this.crypto.publicKey(secret);
    let signed = tx;
    for (const [at, { txid: id, vout }] of tx.inputs.entries()) {
      const coin = coins.find(({ outpoint }) => outpoint.txid === id && outpoint.vout === vout);
      if (coin === undefined) continue;
      const digest = bip143Sighash(this.crypto, tx, at, p2pkh(this.crypto, key), coin.amountSat, SIGHASH_ALL);
      signed = withWitness(signed, at, [scriptSignature(this.crypto.sign(digest, secret), SIGHASH_ALL), key]);
    }
    return signed;
  }

  /** Mines what waits, and empty blocks behind it, one at a time, for all who are awake. */
  mine(count = 1): void {
    for (let i = 0; i < count; i++) this.hear(this.chain.mine());
  }

  hear(told: ChainInput): void {
    for (const node of this.nodes) if (!this.asleep.has(node)) node.input(told);
    this.carryOut();
  }

  /** Who slept is told all that came since. */
  wake(node: TestNode): void {
    this.asleep.delete(node);
    node.input(this.chain.history());
    this.carryOut();
  }
}
