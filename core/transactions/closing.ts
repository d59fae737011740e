import { EMPTY_SCRIPT, txid } from '../bitcoin/tx.ts';
import type { Tx, TxOutput } from '../bitcoin/tx.ts';
import type { Hash32, Script, Txid } from '../crypto/bytes.ts';
import type { ChannelScripts } from './channel-scripts.ts';
import type { Side } from './types.ts';
import { satOf } from '../bitcoin/amounts.ts';

export interface ClosingTerms {
  /** What each side has when no HTLC is left. */
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  /** The `scriptpubkey` of each side's shutdown. */
  readonly scripts: Readonly<Record<Side, Script>>;
  /** `fee_satoshis` of closing_signed. */
  readonly feeSat: bigint;
  /** Outputs below this are left out: the dust_limit_satoshis of the side that signs. */
  readonly dustLimitSat: bigint;
  /** The side that eliminates its own output, as it may. */
  readonly omit?: Side | undefined;
}

interface ClosingOutput extends TxOutput {
  readonly side: Side;
}

/** A closing transaction without signatures. Hashes are computed when first asked for: of two variants, one is mostly enough. */
export class BuiltClosing {
  readonly channel: ChannelScripts;
  readonly tx: Tx;
  /** The same list as `tx.outputs`. */
  readonly outputs: readonly ClosingOutput[];
  #txid: Txid | undefined;
  #sighash: Hash32 | undefined;

  constructor(channel: ChannelScripts, outputs: readonly ClosingOutput[]) {
    const { txid: fundingTxid, vout } = channel.params.funding;
    const input = { txid: fundingTxid, vout, sequence: 0xffffffff, scriptSig: EMPTY_SCRIPT, witness: [] };
    this.channel = channel;
    this.tx = { version: 2, locktime: 0, inputs: [input], outputs };
    this.outputs = outputs;
  }

  get txid(): Txid {
    return (this.#txid ??= txid(this.channel.crypto, this.tx));
  }

  /** What both sides sign to spend the funding output, with SIGHASH_ALL. */
  get sighash(): Hash32 {
    return (this.#sighash ??= this.channel.fundingSighash(this.tx));
  }
}

export type ClosingResult =
  { readonly ok: true; readonly closing: BuiltClosing } | { readonly ok: false; readonly reason: 'fee-exceeds-balance' | 'no-outputs' };

/** BOLT 3, Transaction Output Ordering. */
function compareOutputs(a: TxOutput, b: TxOutput): number {
  if (a.amountSat !== b.amountSat) return a.amountSat < b.amountSat ? -1 : 1;
  return a.script < b.script ? -1 : 1;
}

/** BOLT 3, Legacy Closing Transaction: the variant that these terms give, or why there is none. The opener pays the fee. */
export function buildClosing(channel: ChannelScripts, terms: ClosingTerms): ClosingResult {
  const openerSat = satOf(terms.balanceMsat.opener) - terms.feeSat;
  if (openerSat < 0n) return { ok: false, reason: 'fee-exceeds-balance' };
  const both: readonly ClosingOutput[] = [
    { side: 'opener', amountSat: openerSat, script: terms.scripts.opener },
    { side: 'accepter', amountSat: satOf(terms.balanceMsat.accepter), script: terms.scripts.accepter },
  ];
  const outputs = both.filter((output) => output.side !== terms.omit && output.amountSat >= terms.dustLimitSat).sort(compareOutputs);
  if (outputs.length === 0) return { ok: false, reason: 'no-outputs' };
  return { ok: true, closing: new BuiltClosing(channel, outputs) };
}
