import { p2wpkh } from '../../core/bitcoin/script.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { Txid } from '../../core/crypto/bytes.ts';
import type { Coin } from '../../core/monitor/claim-tx.ts';
import { sameOutpoint } from './chain.ts';
import { signCoin } from './coin-signature.ts';
import type { Host } from './host.ts';
import type { DriverEffect } from '../scenario/types.ts';
import type { World } from './world.ts';

/** The coins of a host whose node claims on the chain: made up where they are asked for, as long as there are any. */

type Effect<K extends DriverEffect['kind']> = Extract<DriverEffect, { kind: K }>;

/** Signs for the coins of a claim, and gives it to the mempool. */
export function claim(world: World, host: Host, { claim: kind, txs, coins }: Effect<'claim'>): void {
  const signed = txs.map((tx) => sign(world, host, tx, coins));
  world.stats.count('event', `claim ${kind}: ${world.chain.submit(signed, world.interpreter)}`);
}

export function giveCoins(world: World, host: Host, { channelId, claim: outpoint, amountSat }: Effect<'ask_coins'>): void {
  if (host.coinsSat !== undefined && host.coinsSat < amountSat) return;
  if (host.coinsSat !== undefined) host.coinsSat -= amountSat;
  const id = world.entropy(`claim-coin/${world.serial++}`) as string as Txid;
  const coin: Coin = { outpoint: { txid: id, vout: 0 }, amountSat };
  world.chain.give({
    outpoint: coin.outpoint,
    output: { amountSat, script: p2wpkh(world.crypto, world.crypto.publicKey(host.walletSecret)) },
  });
  world.later(host, { kind: 'coins', channelId, claim: outpoint, coins: [coin] });
}

export function takeBack(host: Host, { coins }: Effect<'release_coins'>): void {
  for (const { amountSat } of coins) if (host.coinsSat !== undefined) host.coinsSat += amountSat;
}

function sign({ crypto }: World, { walletSecret }: Host, tx: Tx, coins: readonly Coin[]): Tx {
  const key = crypto.publicKey(walletSecret);
  let signed = tx;
  for (const [at, input] of tx.inputs.entries()) {
    const coin = coins.find(({ outpoint }) => sameOutpoint(outpoint, input));
    if (coin !== undefined) signed = signCoin(crypto, { secret: walletSecret, key }, signed, at, coin.amountSat);
  }
  return signed;
}
