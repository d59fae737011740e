import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type {
  Entry,
  FinalUpdate,
  FundingUpdate,
  Growth,
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
import type { CommitmentContents, HtlcSpec, Side } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';

type Cut = Readonly<Record<Side, number>>;

/** A commitment that was told, by how much of each log it has. */
export interface KnownCommitment {
  readonly number: bigint;
  readonly cut: Cut;
}

/** What a channel has told its watcher. It only grows. */
export interface Knowledge {
  readonly parameters: ParametersUpdate;
  readonly fundings: readonly FundingUpdate[];
  readonly shutdownScripts: ShutdownScriptsUpdate | undefined;
  /** Every entry that a commitment covers, by the side that sent it. */
  readonly logs: Readonly<Record<Side, readonly Entry[]>>;
  /** The newest commitment of ours. Older ones are revoked, and never in the chain by our doing. */
  readonly ours: (KnownCommitment & { readonly point: PublicKey; readonly signatures: OurCommitmentUpdate['signatures'] }) | undefined;
  /** Every commitment of the peer: its place is its number. */
  readonly theirs: readonly Cut[];
  /** The peer's points of its commitments that are not revoked, the newest last. */
  readonly points: readonly { readonly number: bigint; readonly point: PublicKey }[];
  readonly secrets: SecretStore;
  readonly preimages: readonly PreimageUpdate[];
  readonly final: FinalUpdate | undefined;
}

/** What the first update of a channel says. */
function begin(parameters: ParametersUpdate): Knowledge {
  return {
    parameters,
    fundings: [],
    shutdownScripts: undefined,
    logs: { opener: [], accepter: [] },
    ours: undefined,
    theirs: [],
    points: [],
    secrets: EMPTY_SECRET_STORE,
    preimages: [],
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
      mustFollow(update, (known.ours?.number ?? -1n) + 1n);
      const grown = withNews(known, update);
      return { ...grown, ours: { number, cut: advanced(grown, known.ours?.cut, update), point, signatures } };
    }
    case 'theirs': {
      const { number, point } = update;
      mustFollow(update, BigInt(known.theirs.length));
      const grown = withNews(known, update);
      const theirs = [...known.theirs, advanced(grown, known.theirs.at(-1), update)];
      return { ...grown, theirs, points: [...known.points, { number, point }] };
    }
    case 'secret':
      return withSecret(crypto, known, update.number, update.secret);
    case 'preimage':
      return { ...known, preimages: [...known.preimages, update] };
    case 'final':
      return { ...known, final: update };
  }
}

function mustFollow({ number }: Growth, expected: bigint): void {
  if (number !== expected) throw new Error(`commitment ${number} was told in the place of ${expected}`);
}

function withNews(known: Knowledge, { news }: Growth): Knowledge {
  const { opener, accepter } = known.logs;
  return { ...known, logs: { opener: [...opener, ...news.opener], accepter: [...accepter, ...news.accepter] } };
}

function advanced({ logs }: Knowledge, before: Cut = { opener: 0, accepter: 0 }, { number, steps }: Growth): Cut {
  const cut = { opener: before.opener + steps.opener, accepter: before.accepter + steps.accepter };
  if (cut.opener > logs.opener.length || cut.accepter > logs.accepter.length) {
    throw new Error(`commitment ${number} has entries that were not told`);
  }
  return cut;
}

function withSecret(crypto: Crypto, known: Knowledge, number: bigint, secret: SecretKey): Knowledge {
  const inserted = insertSecret(crypto, known.secrets, secretIndex(number), secret);
  if (!inserted.ok) throw new Error(`the secret of commitment ${number}: ${inserted.reason}`);
  return { ...known, secrets: inserted.store, points: known.points.filter((p) => p.number > number) };
}

/** The commitment of `owner` with this number, if it was told: of ours the newest, of the peer's every one. */
export function commitmentAt({ parameters, ours, theirs }: Knowledge, owner: Side, number: bigint): KnownCommitment | undefined {
  if (owner === parameters.us) return ours?.number === number ? ours : undefined;
  const cut = theirs[Number(number)];
  return cut && { number, cut };
}

/** BOLT 2, Normal Operation: what a commitment with this much of both logs says: adds before removals, the last fee wins. */
export function contentsAt({ parameters, logs }: Knowledge, cut: Cut): CommitmentContents {
  const covered = { opener: logs.opener.slice(0, cut.opener), accepter: logs.accepter.slice(0, cut.accepter) };
  const balanceMsat = { opener: parameters.balanceMsat.opener, accepter: parameters.balanceMsat.accepter };
  const htlcs = [...inFlight(covered, 'opener', balanceMsat), ...inFlight(covered, 'accepter', balanceMsat)];
  let { feeratePerKw } = parameters;
  for (const entry of covered.opener) if (entry.kind === 'fee') feeratePerKw = entry.feeratePerKw;
  return { balanceMsat, htlcs, feeratePerKw };
}

/** The HTLCs of `offerer` that the other side has not removed. Moves the amounts of all of them. */
function inFlight(logs: Knowledge['logs'], offerer: Side, balanceMsat: Record<Side, bigint>): readonly HtlcSpec[] {
  const htlcs = new Map<bigint, HtlcSpec>();
  for (const entry of logs[offerer]) {
    if (entry.kind !== 'add') continue;
    const { id, amountMsat, paymentHash, cltvExpiry } = entry;
    htlcs.set(id, { offerer, id, amountMsat, paymentHash, cltvExpiry });
    balanceMsat[offerer] -= amountMsat;
  }
  for (const entry of logs[other(offerer)]) {
    if (entry.kind !== 'fulfilled' && entry.kind !== 'failed') continue;
    const htlc = htlcs.get(entry.id);
    if (htlc === undefined) throw new Error(`removal of an HTLC that is not in flight: ${offerer} ${entry.id}`);
    htlcs.delete(entry.id);
    balanceMsat[entry.kind === 'fulfilled' ? other(offerer) : offerer] += htlc.amountMsat;
  }
  return [...htlcs.values()];
}

/** The per-commitment point of a commitment of `owner`: told, or that of the secret which revoked it. */
function pointAt(crypto: Crypto, { parameters, ours, points, secrets }: Knowledge, owner: Side, number: bigint): PublicKey | undefined {
  if (owner === parameters.us) return ours?.number === number ? ours.point : undefined;
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

/** The transactions of a commitment that was told, one a funding; undefined for one that was not. */
export function rebuildCommitment(crypto: Crypto, known: Knowledge, owner: Side, number: bigint): readonly BuiltCommitment[] | undefined {
  const commitment = commitmentAt(known, owner, number);
  const point = pointAt(crypto, known, owner, number);
  if (commitment === undefined || point === undefined) return undefined;
  const contents = contentsAt(known, commitment.cut);
  const { parties } = known.parameters;
  return known.fundings.map(({ txid, vout, amountSat, format, fundingPubkeys }) => {
    const channel = new ChannelScripts(crypto, {
      format,
      funding: { txid, vout },
      fundingSat: amountSat,
      parties: {
        opener: { fundingPubkey: fundingPubkeys.opener, ...parties.opener },
        accepter: { fundingPubkey: fundingPubkeys.accepter, ...parties.accepter },
      },
    });
    const keys = new CommitmentKeys(crypto, channel.params, owner, point, derivationOf(crypto, known.parameters, owner, point));
    return buildCommitment(channel, keys, number, contents);
  });
}
