import type { Hex, PublicKey, Script } from '../crypto/bytes.ts';
import { p2wsh, pushNumber } from '../bitcoin/script.ts';
import type { Crypto } from '../crypto/types.ts';

/** A scriptPubKey, and the witness script behind it unless it is P2WPKH. */
export interface OutputScript {
  readonly script: Script;
  readonly witnessScript?: Script;
}

export function witnessOutput(crypto: Crypto, witnessScript: Script): Required<OutputScript> {
  return { witnessScript, script: p2wsh(crypto, witnessScript) };
}

/** BOLT 3, Funding Transaction Output: 2-of-2, the lesser key first. */
export function fundingWitnessScript(a: PublicKey, b: PublicKey): Script {
  return (a < b ? `5221${a}21${b}52ae` : `5221${b}21${a}52ae`) as Script;
}

/** BOLT 3, to_local Output, and the output of HTLC transactions. */
export function delayedWitnessScript(revocationPubkey: PublicKey, delay: number, delayedPubkey: PublicKey): Script {
  // IF <revocationpubkey> ELSE <delay> CSV DROP <delayedpubkey> ENDIF CHECKSIG
  return `6321${revocationPubkey}67${pushNumber(delay)}b27521${delayedPubkey}68ac` as Script;
}

/** BOLT 3, to_remote Output with option_anchors: one block of CSV. */
export function toRemoteWitnessScript(remotePubkey: PublicKey): Script {
  // <remotepubkey> CHECKSIGVERIFY 1 CSV
  return `21${remotePubkey}ad51b2` as Script;
}

/** BOLT 3, to_local_anchor and to_remote_anchor Output. */
export function anchorWitnessScript(fundingPubkey: PublicKey): Script {
  // <fundingpubkey> CHECKSIG IFDUP NOTIF 16 CSV ENDIF
  return `21${fundingPubkey}ac736460b268` as Script;
}

/** What both kinds of HTLC output need; `local` owns the commitment, `remote` is the other side. */
export interface HtlcScriptKeys {
  readonly revocationPubkeyHash: Hex;
  readonly localHtlcPubkey: PublicKey;
  readonly remoteHtlcPubkey: PublicKey;
  /** Blocks that every way out except revocation waits. */
  readonly delay: 0 | 1;
}

/** DUP HASH160 <revocation hash> EQUAL IF CHECKSIG ELSE <remote_htlcpubkey> SWAP SIZE 32 EQUAL ... ENDIF [1 CSV DROP] ENDIF */
function htlcScript(keys: HtlcScriptKeys, paths: Hex): Script {
  const close = keys.delay === 1 ? '6851b27568' : '6868';
  return `76a914${keys.revocationPubkeyHash}8763ac6721${keys.remoteHtlcPubkey}7c82012087${paths}${close}` as Script;
}

/** BOLT 3, Offered HTLC Outputs. `paymentHash160` is RIPEMD160(payment_hash). */
export function offeredHtlcWitnessScript(keys: HtlcScriptKeys, paymentHash160: Hex): Script {
  // NOTIF DROP 2 SWAP <local_htlcpubkey> 2 CHECKMULTISIG ELSE HASH160 <hash> EQUALVERIFY CHECKSIG
  return htlcScript(keys, `6475527c21${keys.localHtlcPubkey}52ae67a914${paymentHash160}88ac`);
}

/** BOLT 3, Received HTLC Outputs. `paymentHash160` is RIPEMD160(payment_hash). */
export function receivedHtlcWitnessScript(keys: HtlcScriptKeys, paymentHash160: Hex, cltvExpiry: number): Script {
  // IF HASH160 <hash> EQUALVERIFY 2 SWAP <local_htlcpubkey> 2 CHECKMULTISIG ELSE DROP <cltv_expiry> CLTV DROP CHECKSIG
  return htlcScript(keys, `63a914${paymentHash160}88527c21${keys.localHtlcPubkey}52ae6775${pushNumber(cltvExpiry)}b175ac`);
}
