import { parseTx } from '../../core/bitcoin/parse.ts';
import { p2wpkh, p2wsh } from '../../core/bitcoin/script.ts';
import { serialiseTx, withWitness } from '../../core/bitcoin/tx.ts';
import type { Tx, TxOutput } from '../../core/bitcoin/tx.ts';
import type { Hash32, Preimage, RawTx, Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import { sha256Hex } from '../../core/crypto/hashes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { ChannelScripts, fundingOutput } from '../../core/transactions/channel-scripts.ts';
import { buildClosing } from '../../core/transactions/closing.ts';
import { buildCommitment, fundingWitness, signedCommitmentTx } from '../../core/transactions/commitment.ts';
import { ownHtlcSighash, signedHtlcTx } from '../../core/transactions/htlc.ts';
import { CommitmentKeys, derivePrivateKey } from '../../core/transactions/keys.ts';
import type { ChannelParams, ChannelParty, CommitmentContents, CommitmentFormat, HtlcSpec } from '../../core/transactions/types.ts';

export function parsed(raw: string): Tx {
  const tx = parseTx(raw as RawTx);
  if (tx === undefined) throw new Error('not a transaction');
  return tx;
}

export const secret = (byte: number): SecretKey => byte.toString(16).padStart(2, '0').repeat(32) as SecretKey;
export const PREIMAGE = '5a'.repeat(32) as Preimage;

/** A channel in which every secret is known, and one commitment of the opener with an HTLC each way, all signed. */
export function signedChannel(crypto: Crypto, format: CommitmentFormat) {
  const party = (first: number): ChannelParty => ({
    fundingPubkey: crypto.publicKey(secret(first)),
    revocationBasepoint: crypto.publicKey(secret(first + 1)),
    paymentBasepoint: crypto.publicKey(secret(first + 2)),
    delayedPaymentBasepoint: crypto.publicKey(secret(first + 3)),
    htlcBasepoint: crypto.publicKey(secret(first + 4)),
    dustLimitSat: 354n,
    delayOnOwnCommitment: 144,
  });
  const params: ChannelParams = {
    format,
    funding: { txid: 'ab'.repeat(32) as Txid, vout: 1 },
    fundingSat: 1_000_000n,
    parties: { opener: party(0x11), accepter: party(0x21) },
  };
  const paymentHash = sha256Hex<Hash32>(crypto, PREIMAGE);
  const htlc = (offerer: HtlcSpec['offerer']): HtlcSpec => ({ offerer, id: 0n, amountMsat: 50_000_000n, paymentHash, cltvExpiry: 600 });
  const contents: CommitmentContents = {
    balanceMsat: { opener: 500_000_000n, accepter: 400_000_000n },
    htlcs: [htlc('opener'), htlc('accepter')],
    feeratePerKw: 1000,
  };
  const point = crypto.publicKey(secret(0x31));
  const keys = new CommitmentKeys(crypto, params, 'opener', point);
  const channel = new ChannelScripts(crypto, params);
  const built = buildCommitment(channel, keys, 3n, contents);
  const sign = (digest: Hash32, opener: number) => [crypto.sign(digest, secret(opener)), crypto.sign(digest, secret(0x21))] as const;
  const htlcSecret = (first: number): SecretKey => derivePrivateKey(crypto, secret(first + 4), crypto.publicKey(secret(first + 4)), point);
  const spends = built.htlcTransactions.map((htlcTx) => {
    const peer = crypto.sign(htlcTx.sighash, htlcSecret(0x21));
    const own = crypto.sign(ownHtlcSighash(crypto, htlcTx), htlcSecret(0x11));
    const preimage = htlcTx.kind === 'success' ? PREIMAGE : undefined;
    return { kind: htlcTx.kind, raw: signedHtlcTx(htlcTx, peer, own, preimage), prevout: built.outputs[htlcTx.vout] as TxOutput };
  });
  const spend = (kind: 'timeout' | 'success') => {
    const found = spends.find((candidate) => candidate.kind === kind);
    if (found === undefined) throw new Error(`no HTLC-${kind} transaction`);
    return { ...found, tx: parsed(found.raw) };
  };
  const closing = buildClosing(channel, {
    balanceMsat: { opener: 600_000_000n, accepter: 400_000_000n },
    scripts: { opener: p2wpkh(crypto, point), accepter: p2wsh(crypto, '51' as Script) },
    feeSat: 500n,
    dustLimitSat: 354n,
  });
  if (!closing.ok) throw new Error(closing.reason);
  const fundingPrevout: TxOutput = {
    amountSat: params.fundingSat,
    script: fundingOutput(crypto, params.parties.opener.fundingPubkey, params.parties.accepter.fundingPubkey).script,
  };
  return {
    params,
    point,
    built,
    spend,
    fundingPrevout,
    commitment: signedCommitmentTx(built, ...sign(built.sighash, 0x11)),
    closing: serialiseTx(withWitness(closing.closing.tx, 0, fundingWitness(channel, ...sign(closing.closing.sighash, 0x11)))),
  };
}
