import { createSigner } from '../../../core/channel/commitments/key-signer.ts';
import type { Hash32, PublicKey, Script, SecretKey, Txid } from '../../../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../../../core/crypto/chacha20poly1305.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import type { Entry, FundingUpdate, ParametersUpdate } from '../../../core/knowledge/updates.ts';
import { emptyView } from '../../../core/chain/view.ts';
import { NO_ACTS } from '../../../core/monitor/acts.ts';
import { createClaimSigner } from '../../../core/monitor/claim-signer.ts';
import { withCheckpoints } from '../../../core/monitor/contents.ts';
import type { Course, Cut } from '../../../core/monitor/contents.ts';
import { learn, rebuildCommitment, startOf } from '../../../core/monitor/knowledge.ts';
import type { Knowledge } from '../../../core/monitor/knowledge.ts';
import { Log } from '../../../core/monitor/log.ts';
import { generateSecret, secretIndex } from '../../../core/transactions/secrets.ts';
import type { StoredSecret } from '../../../core/transactions/secrets.ts';
import { bundlesFor } from '../../../core/watchers/penalties.ts';
import { sealPenalties } from '../../../core/watchers/sealed-penalties.ts';
import { noUpdates } from '../../../core/watchers/statements.ts';
import { encodeFullChannel } from '../../../core/watchers/stored-form.ts';
import type { Figure } from './measure.ts';
import { rateOf } from './measure.ts';
import { BenchPair, blockAt, bytes32 } from './two-nodes.ts';

const LIMITS = { watchers: ['far'], maxAcceptedHtlcs: 483, maxHtlcValueInFlightMsat: 900_000_000_000n };
const DESTINATION = `0014${'dd'.repeat(20)}` as Script;
/** Penalties of to_local and to_remote at each, those of HTLCs at the last. */
const FEERATES_PER_KW = [1000, 5000, 20_000];

function bytesOf(name: string, crypto: string, value: number, htlcsInFlight?: number): Figure {
  return { name, crypto, value, unit: 'bytes', cpuShare: 1, ...(htlcsInFlight === undefined ? {} : { htlcsInFlight }) };
}

/** What a full watcher of the opener keeps of what it was told. */
class Store {
  readonly #pair: BenchPair;
  readonly #crypto: Crypto;
  #known: Knowledge | undefined;
  #learned = 0;

  constructor(crypto: Crypto, pair: BenchPair) {
    this.#crypto = crypto;
    this.#pair = pair;
  }

  get known(): Knowledge {
    const { told } = this.#pair.a;
    for (; this.#learned < told.length; this.#learned++) this.#known = learn(this.#crypto, this.#known, told[this.#learned] as never);
    return this.#known as Knowledge;
  }

  get bytes(): number {
    const secrets = {
      revocation: bytes32<SecretKey>(1),
      payment: bytes32<SecretKey>(2),
      delayed: bytes32<SecretKey>(3),
      htlc: bytes32<SecretKey>(4),
    };
    const prefix = noUpdates(this.#crypto, this.#pair.channelId);
    const watcher = { knowledge: this.known, learned: this.#learned, view: emptyView(blockAt(103)), acts: NO_ACTS };
    return encodeFullChannel({ mandate: { destination: DESTINATION, secrets }, prefix, watcher }).length;
  }
}

const PAYMENTS = 100;
/** Before it is measured: between two powers of two the shachain has no new secret, of 49 for the life of a channel. */
const WARM = 135;

function fullStore(createCrypto: () => Crypto, inFlight: number): Figure {
  const pair = new BenchPair(createCrypto, LIMITS);
  const store = new Store(createCrypto(), pair);
  let n = 0;
  while (n < inFlight) pair.add(n++);
  const pay = (): void => {
    pair.add(n, 100_000_000n);
    pair.fulfill(n, BigInt(n));
    n += 1;
  };
  for (let i = 0; i < WARM; i++) pay();
  const before = store.bytes;
  for (let i = 0; i < PAYMENTS; i++) pay();
  return bytesOf('full watcher, a payment', pair.cryptoName, (store.bytes - before) / PAYMENTS, inFlight);
}

function fullStoreOfRevoked(createCrypto: () => Crypto): Figure {
  const pair = new BenchPair(createCrypto, LIMITS);
  const store = new Store(createCrypto(), pair);
  const secrets = (): number => pair.a.told.filter(({ kind }) => kind === 'secret').length;
  const move = (i: number): void => {
    pair.a.host.command({ kind: 'fee', channelId: pair.channelId, feeratePerKw: 2500 + (i % 2) * 500 });
    pair.exchange();
  };
  for (let i = 1; i <= WARM; i++) move(i);
  const before = { bytes: store.bytes, revoked: secrets() };
  for (let i = 0; i < PAYMENTS; i++) move(WARM + 1 + i);
  const revoked = secrets() - before.revoked;
  if (revoked < PAYMENTS) throw new Error(`${revoked} commitments were revoked`);
  return bytesOf('full watcher, a revoked commitment without new HTLCs', pair.cryptoName, (store.bytes - before.bytes) / revoked);
}

function blindStore(createCrypto: () => Crypto, htlcs: number): Figure {
  const crypto = createCrypto();
  const pair = new BenchPair(createCrypto, LIMITS);
  for (let n = 0; n < htlcs; n++) pair.add(n, 100_000_000n);
  pair.a.host.command({ kind: 'fee', channelId: pair.channelId, feeratePerKw: 3000 });
  pair.exchange();
  const known = new Store(crypto, pair).known;
  const newest = pair.a.told.findLast((update) => update.kind === 'secret');
  if (newest?.kind !== 'secret') throw new Error('nothing was revoked');
  const keys = createSigner(crypto, bytes32<Hash32>(10), bytes32<SecretKey>(10));
  const signer = createClaimSigner(crypto, (keysId) => keys.claimSecrets(keysId));
  const policy = { feeratesPerKw: FEERATES_PER_KW, leastHtlcSat: 10_000n };
  const [made] = bundlesFor(crypto, { signer, policy, destination: DESTINATION }, known, newest.number);
  if (made?.bundle.htlcs.length !== htlcs) throw new Error(`penalties for ${made?.bundle.htlcs.length} HTLCs`);
  const { hint, sealed } = sealPenalties({ crypto, cipher: nobleChaCha20Poly1305 }, made.txid, made.bundle);
  return bytesOf('blind watcher, a revoked commitment', crypto.name, (hint.length + sealed.length) / 2, htlcs);
}

const COMMITMENTS = 1_000_000;
const ALIVE = 10;

/** A channel of a million commitments of each side, with a few HTLCs alive in each. */
function longLived(crypto: Crypto): Knowledge {
  const point = (n: number): PublicKey => crypto.publicKey(bytes32<SecretKey>(n));
  const party = (n: number): ParametersUpdate['parties']['opener'] => ({
    revocationBasepoint: point(n),
    paymentBasepoint: point(n + 1),
    delayedPaymentBasepoint: point(n + 2),
    htlcBasepoint: point(n + 3),
    dustLimitSat: 354n,
    delayOnOwnCommitment: 144,
  });
  const parameters: ParametersUpdate = {
    kind: 'parameters',
    us: 'opener',
    keysId: bytes32<Hash32>(1),
    parties: { opener: party(20), accepter: party(30) },
    balanceMsat: { opener: 600_000_000_000n, accepter: 400_000_000_000n },
    feeratePerKw: 1000,
  };
  const funding: FundingUpdate = {
    kind: 'funding',
    txid: bytes32<Txid>(99),
    vout: 0,
    amountSat: 1_000_000_000n,
    format: 'anchors',
    fundingPubkeys: { opener: point(40), accepter: point(41) },
  };
  const opener: Entry[] = [];
  const accepter: Entry[] = [];
  const cuts: Cut[] = [];
  for (let n = 0; n < COMMITMENTS; n++) {
    if (n % 2 === 0)
      opener.push({ kind: 'add', id: BigInt(n / 2), amountMsat: 10_000_000n, paymentHash: bytes32<Hash32>(n), cltvExpiry: 500 });
    else if (n > 2 * ALIVE) accepter.push({ kind: 'fulfilled', id: BigInt((n - 1) / 2 - ALIVE) });
    cuts.push({ opener: opener.length, accepter: accepter.length });
  }
  const course: Course = { logs: { opener: new Log(opener), accepter: new Log(accepter) }, cuts: new Log(cuts), checkpoints: new Log() };
  const { checkpoints } = withCheckpoints(course, startOf(parameters)) as Course;
  return {
    parameters,
    fundings: [funding],
    shutdownScripts: undefined,
    logs: course.logs,
    cuts: { opener: new Log(), accepter: course.cuts },
    checkpoints: { opener: new Log(), accepter: checkpoints },
    ours: [],
    points: [],
    secrets: secretsOf(crypto, bytes32<SecretKey>(50)),
    preimages: new Log(),
    final: undefined,
  };
}

/** BOLT 3, Efficient Per-commitment Secret Storage: what is there when so many secrets were revealed. */
function secretsOf(crypto: Crypto, seed: SecretKey): readonly StoredSecret[] {
  const last = secretIndex(BigInt(COMMITMENTS - 1));
  const store: StoredSecret[] = [];
  for (let bit = 0n; bit < 48n; bit++) {
    // The least index that was revealed and ends in so many zeros.
    const unit = 1n << bit;
    const least = ((last + unit - 1n) / unit) * unit;
    const index = (least / unit) % 2n === 1n ? least : least + unit;
    if (index > secretIndex(0n)) break;
    store.push({ index, secret: generateSecret(crypto, seed, index) });
  }
  return store;
}

function rebuilding(createCrypto: () => Crypto, seconds: number): Figure {
  const crypto = createCrypto();
  const known = longLived(crypto);
  let n = 0;
  const { perSecond, cpuShare } = rateOf(() => {
    n = (n + 387_421) % COMMITMENTS;
    if (rebuildCommitment(crypto, known, 'accepter', BigInt(n)) === undefined) throw new Error(`commitment ${n} was not rebuilt`);
  }, seconds);
  return {
    name: 'rebuilding any of 1,000,000 revoked commitments',
    crypto: crypto.name,
    value: 1000 / perSecond,
    unit: 'ms',
    cpuShare,
    htlcsInFlight: ALIVE,
  };
}

export function watcherFigures(all: readonly (() => Crypto)[], seconds: number): readonly Figure[] {
  const [cheapest] = all as readonly [() => Crypto];
  return [
    ...[0, 10, 400].map((inFlight) => fullStore(cheapest, inFlight)),
    fullStoreOfRevoked(cheapest),
    ...[0, 10, 483].map((htlcs) => blindStore(cheapest, htlcs)),
    ...all.map((createCrypto) => rebuilding(createCrypto, seconds)),
  ];
}
