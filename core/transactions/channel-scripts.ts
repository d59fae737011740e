import { bip143Sighash, hashSequence, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { serialiseOutpoint } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, PublicKey } from '../crypto/bytes.ts';
import { hash256Hex, sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { FORMATS } from './formats.ts';
import { anchorWitnessScript, fundingWitnessScript, witnessOutput } from './scripts.ts';
import type { OutputScript } from './scripts.ts';
import type { ChannelParams, Side } from './types.ts';

/** BOLT 3, Commitment Transaction: SHA256(opener's payment_basepoint || accepter's), lower 48 bits. */
function obscuringFactor(crypto: Crypto, openerPaymentBasepoint: PublicKey, accepterPaymentBasepoint: PublicKey): bigint {
  return BigInt('0x' + sha256Hex(crypto, openerPaymentBasepoint + accepterPaymentBasepoint).slice(52));
}

/** BOLT 3, Funding Transaction Output. */
export function fundingOutput(crypto: Crypto, a: PublicKey, b: PublicKey): Required<OutputScript> {
  return witnessOutput(crypto, fundingWitnessScript(a, b));
}

/** What never changes between the transactions that spend one funding output, made once: keep one a funding, and a node's own. */
export class ChannelScripts {
  readonly crypto: Crypto;
  readonly params: ChannelParams;
  readonly funding: Required<OutputScript>;
  /** The lower 48 bits that obscure commitment numbers. */
  readonly obscuringFactor: bigint;
  /** The to_remote output that pays this side in the OTHER side's commitment. */
  readonly toRemote: Readonly<Record<Side, OutputScript>>;
  readonly anchor: Readonly<Record<Side, Required<OutputScript>>>;
  readonly #hashPrevouts: string;
  #sequence = -1;
  #hashSequence = '';

  constructor(crypto: Crypto, params: ChannelParams) {
    const { opener, accepter } = params.parties;
    const { toRemote } = FORMATS[params.format];
    this.crypto = crypto;
    this.params = params;
    this.funding = fundingOutput(crypto, opener.fundingPubkey, accepter.fundingPubkey);
    this.obscuringFactor = obscuringFactor(crypto, opener.paymentBasepoint, accepter.paymentBasepoint);
    this.toRemote = { opener: toRemote(crypto, opener.paymentBasepoint), accepter: toRemote(crypto, accepter.paymentBasepoint) };
    this.anchor = {
      opener: witnessOutput(crypto, anchorWitnessScript(opener.fundingPubkey)),
      accepter: witnessOutput(crypto, anchorWitnessScript(accepter.fundingPubkey)),
    };
    this.#hashPrevouts = hash256Hex(crypto, serialiseOutpoint(params.funding));
  }

  /** What both sides sign to spend the funding output, the one input of `tx`, with SIGHASH_ALL. */
  fundingSighash(tx: Tx): Hash32 {
    const known = { hashPrevouts: this.#hashPrevouts, hashSequence: this.#hashSequenceOf(tx) };
    return bip143Sighash(this.crypto, tx, 0, this.funding.witnessScript, this.params.fundingSat, SIGHASH_ALL, known);
  }

  /** A commitment's sequence is the upper half of its obscured number: the same until the 2^24th. */
  #hashSequenceOf(tx: Tx): string {
    const sequence = tx.inputs[0]?.sequence ?? 0;
    if (sequence !== this.#sequence) {
      this.#sequence = sequence;
      this.#hashSequence = hashSequence(this.crypto, tx);
    }
    return this.#hashSequence;
  }
}
