import type { Hash32, Preimage, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import type {
  FinalUpdate,
  FundingUpdate,
  Growth,
  HtlcName,
  MonitorUpdate,
  OurCommitmentUpdate,
  ParametersUpdate,
  PreimageUpdate,
  ShutdownScriptsUpdate,
} from '../knowledge/updates.ts';
import { ChannelScripts } from '../transactions/channel-scripts.ts';
import { buildCommitment } from '../transactions/commitment.ts';
import type { BuiltCommitment } from '../transactions/commitment.ts';
import { CommitmentKeys, derivePublicKey, deriveRevocationPublicKey } from '../transactions/keys.ts';
import type { KeyDerivation } from '../transactions/keys.ts';
import { EMPTY_SECRET_STORE, insertSecret, secretAt, secretIndex } from '../transactions/secrets.ts';
import type { SecretStore } from '../transactions/secrets.ts';
import type { CommitmentContents, Side } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import { contentsOf, NOTHING_CUT, withCheckpoints } from './contents.ts';
import type { Cut, Logs } from './contents.ts';
import { Log } from './log.ts';

export type OurCommitment = Pick<OurCommitmentUpdate, 'number' | 'point' | 'signatures'>;

/** A preimage, with the hash that finds it. */
export interface KnownPreimage {
  readonly paymentHash: Hash32;
  readonly preimage: Preimage;
  /** The incoming HTLCs that it may claim. */
  readonly settles: readonly HtlcName[];
}

/** What a channel has told its watcher. It only grows. */
export interface Knowledge {
  readonly parameters: ParametersUpdate;
  readonly fundings: readonly FundingUpdate[];
  readonly shutdownScripts: ShutdownScriptsUpdate | undefined;
  /** Every entry that a commitment covers, by the side that sent it. */
  readonly logs: Logs;
  /** How much of both logs each commitment has, of each owner: its place is its number. */
  readonly cuts: Readonly<Record<Side, Log<Cut>>>;
  /** What every so many of them say (contents.ts): it follows from the logs, and is not stored. */
  readonly checkpoints: Readonly<Record<Side, Log<CommitmentContents>>>;
  /**
   * What our two newest commitments need on chain: the newest last, and the one before it, which a signer that answers late has not revoked yet.
   * Older ones are never there by our doing.
   */
  readonly ours: readonly OurCommitment[];
  /** The peer's points of its commitments that are not revoked, the newest last. */
  readonly points: readonly { readonly number: bigint; readonly point: PublicKey }[];
  readonly secrets: SecretStore;
  readonly preimages: Log<KnownPreimage>;
  readonly final: FinalUpdate | undefined;
}

/** What the first update of a channel says. */
function begin(parameters: ParametersUpdate): Knowledge {
  return {
    parameters,
    fundings: [],
    shutdownScripts: undefined,
    logs: { opener: new Log(), accepter: new Log() },
    cuts: { opener: new Log(), accepter: new Log() },
    checkpoints: { opener: new Log(), accepter: new Log() },
    ours: [],
    points: [],
    secrets: EMPTY_SECRET_STORE,
    preimages: new Log(),
    final: undefined,
  };
}

/**
 * The knowledge with one more update, which comes in the order of its numbers.
 *
 * @throws Error when the update does not fit what was told before: the channel's bug, never a peer's.
 */
export function learn(crypto: Crypto, known: Knowledge | undefined, update: MonitorUpdate): Knowledge {
  if (update.kind === 'parameters') {
    if (known !== undefined) throw new Error('parameters are told once');
    return begin(update);
  }
  if (known === undefined) throw new Error(`${update.kind} came before the parameters`);
  switch (update.kind) {
    case 'funding':
      return { ...known, fundings: [...known.fundings, update] };
    case 'shutdown_scripts':
      return { ...known, shutdownScripts: update };
    case 'ours': {
      const { number, point, signatures } = update;
      return { ...grown(known, known.parameters.us, update), ours: [...known.ours.slice(-1), { number, point, signatures }] };
    }
    case 'theirs': {
      const { number, point } = update;
      return { ...grown(known, other(known.parameters.us), update), points: [...known.points, { number, point }] };
    }
    case 'secret':
      return withSecret(crypto, known, update.number, update.secret);
    case 'preimage':
      return { ...known, preimages: known.preimages.with([knownPreimage(crypto, update)]) };
    case 'final':
      return { ...known, final: update };
  }
}

function knownPreimage(crypto: Crypto, { preimage, settles }: PreimageUpdate): KnownPreimage {
  return { paymentHash: sha256Hex<Hash32>(crypto, preimage), preimage, settles };
}

/** With the next commitment of `owner`, and the entries that it is the first to have. */
function grown(known: Knowledge, owner: Side, { number, news, steps }: Growth): Knowledge {
  const { logs, cuts, checkpoints, parameters } = known;
  if (number !== BigInt(cuts[owner].length)) throw new Error(`commitment ${number} was told in the place of ${cuts[owner].length}`);
  const opener = logs.opener.with(news.opener);
  const accepter = logs.accepter.with(news.accepter);
  const before = cuts[owner].at(cuts[owner].length - 1) ?? NOTHING_CUT;
  const cut = { opener: before.opener + steps.opener, accepter: before.accepter + steps.accepter };
  if (cut.opener > opener.length || cut.accepter > accepter.length) throw new Error(`commitment ${number} has entries that were not told`);
  const course = { logs: { opener, accepter }, cuts: cuts[owner].with([cut]), checkpoints: checkpoints[owner] };
  const after = withCheckpoints(course, startOf(parameters));
  if (after === undefined) throw new Error(`commitment ${number} removes an HTLC that is not in flight`);
  return {
    ...known,
    logs: after.logs,
    cuts: { ...cuts, [owner]: after.cuts },
    checkpoints: { ...checkpoints, [owner]: after.checkpoints },
  };
}

function withSecret(crypto: Crypto, known: Knowledge, number: bigint, secret: SecretKey): Knowledge {
  const inserted = insertSecret(crypto, known.secrets, secretIndex(number), secret);
  if (!inserted.ok) throw new Error(`the secret of commitment ${number}: ${inserted.reason}`);
  return { ...known, secrets: inserted.store, points: known.points.filter((p) => p.number > number) };
}

/** What a commitment says. Undefined for one that was not told. */
export function contentsAt(known: Knowledge, owner: Side, number: bigint): CommitmentContents | undefined {
  const { logs, cuts, checkpoints, parameters } = known;
  if (number >= BigInt(cuts[owner].length)) return undefined;
  const contents = contentsOf({ logs, cuts: cuts[owner], checkpoints: checkpoints[owner] }, startOf(parameters), Number(number));
  if (contents === undefined) throw new Error(`commitment ${number} of the ${owner} removes an HTLC that is not in flight`);
  return contents;
}

/** What commitment 0 says. */
export function startOf({ balanceMsat, feeratePerKw }: ParametersUpdate): CommitmentContents {
  return { balanceMsat, htlcs: [], feeratePerKw };
}

/** The per-commitment point of a commitment of `owner`: told, or that of the secret which revoked it. Of ours the two newest are kept. */
function pointAt(crypto: Crypto, known: Knowledge, owner: Side, number: bigint): PublicKey | undefined {
  const { parameters, ours, points, secrets } = known;
  if (owner === parameters.us) return ours.find((own) => own.number === number)?.point;
  const secret = secretAt(crypto, secrets, secretIndex(number));
  return secret === undefined ? points.find((p) => p.number === number)?.point : crypto.publicKey(secret);
}

/** What a watcher that holds no secret of ours derives keys from. */
function derivationOf(crypto: Crypto, { parties }: ParametersUpdate, owner: Side, point: PublicKey): KeyDerivation {
  return {
    revocationPubkey: () => deriveRevocationPublicKey(crypto, parties[other(owner)].revocationBasepoint, point),
    delayedPubkey: () => derivePublicKey(crypto, parties[owner].delayedPaymentBasepoint, point),
    htlcPubkey: (side) => derivePublicKey(crypto, parties[side].htlcBasepoint, point),
  };
}

/** What the transactions of one funding have in common. */
export function scriptsOf(crypto: Crypto, { parties }: ParametersUpdate, funding: FundingUpdate): ChannelScripts {
  const { txid, vout, amountSat, format, fundingPubkeys } = funding;
  return new ChannelScripts(crypto, {
    format,
    funding: { txid, vout },
    fundingSat: amountSat,
    parties: {
      opener: { fundingPubkey: fundingPubkeys.opener, ...parties.opener },
      accepter: { fundingPubkey: fundingPubkeys.accepter, ...parties.accepter },
    },
  });
}

/**
 * The transactions of a commitment that was told, one a funding; undefined for one that was not. `ownPoint` for a commitment of ours that is
 * revoked: whoever has the seed derives it.
 */
export function rebuildCommitment(
  crypto: Crypto,
  known: Knowledge,
  owner: Side,
  number: bigint,
  ownPoint?: PublicKey,
): readonly BuiltCommitment[] | undefined {
  const contents = contentsAt(known, owner, number);
  const point = pointAt(crypto, known, owner, number) ?? ownPoint;
  if (contents === undefined || point === undefined) return undefined;
  return known.fundings.map((funding) => {
    const channel = scriptsOf(crypto, known.parameters, funding);
    const keys = new CommitmentKeys(crypto, channel.params, owner, point, derivationOf(crypto, known.parameters, owner, point));
    return buildCommitment(channel, keys, number, contents);
  });
}
