import { bip143Sighash, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { serialiseOutpoint } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, PublicKey } from '../crypto/bytes.ts';
import { hash256Hex, sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { FORMATS } from './formats.ts';
import { anchorWitnessScript, fundingWitnessScript, witnessOutput } from './scripts.ts';
import type { OutputScript } from './scripts.ts';
import type { ChannelParams, Side } from './types.ts';

/** What never changes between the commitments of one channel: hashed once, used by every one of them. */
export interface ChannelScripts {
  readonly funding: Required<OutputScript>;
  readonly hashFundingPrevout: string;
  /** The lower 48 bits that obscure commitment numbers. */
  readonly obscuringFactor: bigint;
  /** The to_remote output that pays this side in the OTHER side's commitment. */
  readonly toRemote: Readonly<Record<Side, OutputScript>>;
  readonly anchor: Readonly<Record<Side, Required<OutputScript>>>;
}

/** BOLT 3, Commitment Transaction: SHA256(opener's payment_basepoint || accepter's), lower 48 bits. */
function obscuringFactor(crypto: Crypto, openerPaymentBasepoint: PublicKey, accepterPaymentBasepoint: PublicKey): bigint {
  return BigInt('0x' + sha256Hex(crypto, openerPaymentBasepoint + accepterPaymentBasepoint).slice(52));
}

/** BOLT 3, Funding Transaction Output. */
export function fundingOutput(crypto: Crypto, a: PublicKey, b: PublicKey): Required<OutputScript> {
  return witnessOutput(crypto, fundingWitnessScript(a, b));
}

function compute(crypto: Crypto, params: ChannelParams): ChannelScripts {
  const { opener, accepter } = params.parties;
  const { toRemote } = FORMATS[params.format];
  return {
    funding: fundingOutput(crypto, opener.fundingPubkey, accepter.fundingPubkey),
    hashFundingPrevout: hash256Hex(crypto, serialiseOutpoint(params.funding)),
    obscuringFactor: obscuringFactor(crypto, opener.paymentBasepoint, accepter.paymentBasepoint),
    toRemote: { opener: toRemote(crypto, opener.paymentBasepoint), accepter: toRemote(crypto, accepter.paymentBasepoint) },
    anchor: {
      opener: witnessOutput(crypto, anchorWitnessScript(opener.fundingPubkey)),
      accepter: witnessOutput(crypto, anchorWitnessScript(accepter.fundingPubkey)),
    },
  };
}

const memo = new WeakMap<ChannelParams, { readonly crypto: Crypto; readonly scripts: ChannelScripts }>();

/** The scripts of a channel, remembered for as long as its params object lives: keep one a channel, and a node's own. */
export function channelScripts(crypto: Crypto, params: ChannelParams): ChannelScripts {
  const known = memo.get(params);
  if (known?.crypto === crypto) return known.scripts;
  const scripts = compute(crypto, params);
  memo.set(params, { crypto, scripts });
  return scripts;
}

/** What both sides sign to spend the funding output, the one input of `tx`, with SIGHASH_ALL. */
export function fundingSighash(crypto: Crypto, params: ChannelParams, tx: Tx): Hash32 {
  const { funding, hashFundingPrevout } = channelScripts(crypto, params);
  return bip143Sighash(crypto, tx, 0, funding.witnessScript, params.fundingSat, SIGHASH_ALL, { hashPrevouts: hashFundingPrevout });
}
