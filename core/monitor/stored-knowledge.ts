import type { Hash32, Preimage } from '../crypto/bytes.ts';
import { nobleHashes, sha256Hex } from '../crypto/hashes.ts';
import {
  storedFinal,
  storedFunding,
  storedHtlcName,
  storedParameters,
  storedShutdownScripts,
  storedSignatures,
} from '../knowledge/stored-form.ts';
import type { Entry, HtlcName } from '../knowledge/updates.ts';
import { storedBySide, storedSecrets } from '../transactions/stored-form.ts';
import type { Side } from '../transactions/types.ts';
import * as codec from '../wire/codec.ts';
import type { Codec } from '../wire/codec.ts';
import { WireFailure } from '../wire/reader-writer.ts';
import { items } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import { NOTHING_CUT, withCheckpoints } from './contents.ts';
import type { Cut } from './contents.ts';
import { startOf } from './knowledge.ts';
import type { Knowledge, KnownPreimage, OurCommitment } from './knowledge.ts';
import { Log } from './log.ts';

/**
 * How knowledge stands in the stored form of what keeps it, which brings the version. What grows with every payment is short: counts and ids take
 * as many bytes as they need, a commitment is what its cut has more than the one before it, and a hash that a preimage gives is not stored.
 */
const MAX_U32 = 0xffffffffn;
const { bigSize, hash32, maybe, point, preimage, struct, u32, u64, union, variant } = codec;

/** As short as it can be. */
const feerate: Codec<number> = {
  schema: bigSize.schema,
  minSize: bigSize.minSize,
  read(reader) {
    const value = bigSize.read(reader);
    if (value > MAX_U32) throw new WireFailure('bad-value', `${value} is no u32`);
    return Number(value);
  },
  write: (writer, value) => bigSize.write(writer, BigInt(value)),
};
const loggedId = { id: bigSize };
const logged: Codec<Entry> = union('kind', {
  add: variant(1, { id: bigSize, amountMsat: bigSize, paymentHash: hash32, cltvExpiry: u32 }),
  fulfilled: variant(2, loggedId),
  failed: variant(3, loggedId),
  fee: variant(4, { feeratePerKw: feerate }),
});

/** A log as a list of what `stored` says of each item. */
function log<T, S>(item: Codec<S>, read: (items: readonly S[]) => T[], write: (items: readonly T[]) => readonly S[]): Codec<Log<T>> {
  const list = items(item);
  return {
    schema: list.schema,
    minSize: list.minSize,
    read: (reader) => new Log(read(list.read(reader))),
    write: (writer, value) => list.write(writer, write(value.first(value.length))),
  };
}

const entries: Codec<Log<Entry>> = log(
  logged,
  (list) => [...list],
  (list) => list,
);

/** How much more of each log a commitment has than the one before it. */
export interface Step {
  readonly opener: bigint;
  readonly accepter: bigint;
}

export function cutsOf(steps: readonly Step[]): Cut[] {
  let { opener, accepter } = NOTHING_CUT;
  return steps.map((step) => {
    opener += Number(step.opener);
    accepter += Number(step.accepter);
    return { opener, accepter };
  });
}

/** The reverse of `cutsOf`. */
export function stepsOf(cuts: readonly Cut[]): readonly Step[] {
  let before = NOTHING_CUT;
  return cuts.map((cut) => {
    const step = { opener: BigInt(cut.opener - before.opener), accepter: BigInt(cut.accepter - before.accepter) };
    before = cut;
    return step;
  });
}

const cuts: Codec<Log<Cut>> = log(struct({ opener: bigSize, accepter: bigSize } satisfies FieldsOf<Step>), cutsOf, stepsOf);

/** A preimage without what it gives. */
interface Shown {
  readonly preimage: Preimage;
  readonly settles: readonly HtlcName[];
}

function withHash({ preimage: shown, settles }: Shown): KnownPreimage {
  return { paymentHash: sha256Hex<Hash32>(nobleHashes, shown), preimage: shown, settles };
}

const preimages: Codec<Log<KnownPreimage>> = log(
  struct({ preimage, settles: items(storedHtlcName) } satisfies FieldsOf<Shown>),
  (list) => list.map(withHash),
  (list) => list.map(({ preimage: shown, settles }) => ({ preimage: shown, settles })),
);

const kept = struct({
  parameters: storedParameters,
  fundings: items(storedFunding),
  shutdownScripts: maybe(storedShutdownScripts),
  logs: storedBySide(entries),
  cuts: storedBySide(cuts),
  ours: items(struct({ number: u64, point, signatures: items(storedSignatures) } satisfies FieldsOf<OurCommitment>)),
  points: items(struct({ number: u64, point } satisfies FieldsOf<Knowledge['points'][number]>)),
  secrets: storedSecrets,
  preimages,
  final: maybe(storedFinal),
} satisfies FieldsOf<Omit<Knowledge, 'checkpoints'>>);

/** Logs that contradict their cuts are refused: what every so many commitments say is worked out as they are read. */
export const storedKnowledge: Codec<Knowledge> = {
  schema: kept.schema,
  minSize: kept.minSize,
  read(reader) {
    const { parameters, fundings, shutdownScripts, logs, cuts: bySide, ours, points, secrets, preimages: known, final } = kept.read(reader);
    const checkpoints = (side: Side) => {
      const { opener, accepter } = bySide[side].at(bySide[side].length - 1) ?? NOTHING_CUT;
      const isCovered = opener <= logs.opener.length && accepter <= logs.accepter.length;
      const course = isCovered ? withCheckpoints({ logs, cuts: bySide[side], checkpoints: new Log() }, startOf(parameters)) : undefined;
      if (course === undefined) throw new WireFailure('bad-value', 'a commitment has what the logs have not').within(`cuts.${side}`);
      return course.checkpoints;
    };
    return {
      parameters,
      fundings,
      shutdownScripts,
      logs,
      cuts: bySide,
      checkpoints: { opener: checkpoints('opener'), accepter: checkpoints('accepter') },
      ours,
      points,
      secrets,
      preimages: known,
      final,
    };
  },
  write: (writer, value) => kept.write(writer, value),
};
