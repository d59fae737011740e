import type { CommitmentFormat } from '../../core/transactions/types.ts';
import { RunningHash } from '../deterministic/hash.ts';
import { isCustom } from '../actions/registry.ts';
import type { OperationRegistry } from '../actions/registry.ts';
import type { LinkTransport } from '../scenario/types.ts';

/** Changes whenever the same token would give another run: new operations, other weights, another order of drawing. */
export const GENERATOR_VERSION = 10;

export const STRATEGIES = ['swarm', 'random', 'fifo', 'pct'] as const;
export type StrategyName = (typeof STRATEGIES)[number];
export const CRYPTO_NAMES = ['fake', 'noble', 'native'] as const;
export type CryptoName = (typeof CRYPTO_NAMES)[number];
const CHANNEL_TYPES = [undefined, 'anchors', 'static_remotekey'] as const;
export const TRANSPORTS = ['frames', 'encrypted'] as const;
const DRAWN_TRANSPORTS = [undefined, ...TRANSPORTS] as const;
/** Who has a channel with whom. `any`: drawn for each world, half of them pairs. */
export const TOPOLOGIES = ['pair', 'line', 'ring', 'star', 'mesh', 'any'] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

/** What a campaign fixes for all its seeds. */
export interface CampaignOptions {
  readonly strategy: StrategyName;
  readonly crypto: CryptoName;
  /** Operations and faults in a run; deliveries don't count. 1 to 65,535. */
  readonly steps: number;
  /** How many seeds in a hundred draw faults that license an outcome. 0 to 100; at most 20 in a campaign that judges the protocol. */
  readonly licensedPercent: number;
  /** Of every channel. Default: drawn for each. */
  readonly channelType?: CommitmentFormat;
  /** Of every link. Default: `swarm` draws it for each seed, the others take frames. */
  readonly transport?: LinkTransport;
  /** Of the nodes in turn, by name. Default: ours. */
  readonly drivers?: readonly string[];
  /** Default: a pair. In all others nodes deal with payments themselves. */
  readonly topology?: Exclude<TopologyName, 'pair'>;
}

/** With what opens the channels and settles them, 44 drawn operations come to about 60 in a run. */
export const DEFAULT_CAMPAIGN: CampaignOptions = { strategy: 'swarm', crypto: 'fake', steps: 44, licensedPercent: 18 };

/** A seed with all that it needs to be run again: what a campaign prints. */
export interface SeedToken {
  readonly options: CampaignOptions;
  /** A non-negative safe integer. */
  readonly seed: number;
}

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

function base32(bytes: readonly number[]): string {
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += DIGITS[(value >>> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? out : out + DIGITS[(value << (5 - bits)) & 31];
}

function fromBase32(text: string): number[] | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const digit of text) {
    const five = DIGITS.indexOf(digit);
    if (five < 0) return undefined;
    value = (value << 5) | five;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(value >>> bits);
    value &= (1 << bits) - 1;
  }
  return bytes;
}

/** Two bytes that stand for your own operations, in order; zero without any. */
function registryMark(registry: OperationRegistry): readonly [number, number] {
  const own = registry.all.filter(isCustom);
  if (own.length === 0) return [0, 0];
  const hash = new RunningHash();
  for (const { name } of own) hash.text(name);
  const state = hash.state();
  return [(state[0] as number) | 1, state[1] as number];
}

/** `f1-<options>-<seed>`: the generator's version, the campaign's options, and the seed in decimal; before it other drivers, `fulgurite+ldk-`. */
export function printToken({ options, seed }: SeedToken, registry: OperationRegistry): string {
  const { strategy, crypto, steps, licensedPercent, channelType, transport, drivers, topology } = options;
  const bytes = [
    DRAWN_TRANSPORTS.indexOf(transport) * 64 +
      STRATEGIES.indexOf(strategy) * 16 +
      CHANNEL_TYPES.indexOf(channelType) * 4 +
      CRYPTO_NAMES.indexOf(crypto),
    steps >> 8,
    steps & 255,
    licensedPercent,
    ...registryMark(registry),
    // Of a pair nothing stands there.
    ...(topology === undefined ? [] : [TOPOLOGIES.indexOf(topology)]),
  ];
  return `f${GENERATOR_VERSION}-${base32(bytes)}-${drivers === undefined ? '' : `${drivers.join('+')}-`}${seed}`;
}

const TOKEN = /^f(\d+)-([0-9a-z]+)-(?:([A-Za-z]\w*(?:\+[A-Za-z]\w*)*)-)?(\d+)$/;

/** The drivers that a token names, before anything else of it is read. */
export function driversIn(text: string): readonly string[] {
  return TOKEN.exec(text.trim())?.[3]?.split('+') ?? [];
}

/** Throws a RangeError that explains why a token cannot be run here. */
export function parseToken(text: string, registry: OperationRegistry): SeedToken {
  const match = TOKEN.exec(text.trim());
  if (match === null)
    throw new RangeError(
      `'${text}' is no seed token: expected something like ${printToken({ options: DEFAULT_CAMPAIGN, seed: 42 }, registry)}`,
    );
  const [, version = '', packed = '', names, digits = ''] = match;
  if (Number(version) !== GENERATOR_VERSION) {
    const hint = 'run it with the release that printed it, or replay the scenario that was stored with the finding';
    throw new RangeError(`the token is of generator version ${version}, this is version ${GENERATOR_VERSION}: ${hint}`);
  }
  const bytes = fromBase32(packed);
  const [kinds = 0, high = 0, low = 0, licensedPercent = 0, markA = 0, markB = 0, shape] = bytes ?? [];
  const strategy = STRATEGIES[(kinds >> 4) & 3];
  const crypto = CRYPTO_NAMES[kinds & 3];
  const channelType = CHANNEL_TYPES[(kinds >> 2) & 3];
  const transport = DRAWN_TRANSPORTS[kinds >> 6];
  const topology = TOPOLOGIES[shape ?? 0];
  const steps = high * 256 + low;
  const seed = Number(digits);
  if (
    (bytes?.length !== 6 && bytes?.length !== 7) ||
    topology === undefined ||
    (topology === 'pair') !== (shape === undefined) ||
    strategy === undefined ||
    crypto === undefined ||
    (kinds & 12) === 12 ||
    kinds >> 6 === 3 ||
    steps === 0 ||
    licensedPercent > 100 ||
    !Number.isSafeInteger(seed)
  ) {
    throw new RangeError(`'${text}' is damaged: its options cannot be read`);
  }
  const [a, b] = registryMark(registry);
  if (a !== markA || b !== markB) {
    throw new RangeError('the token was printed with other operations of your own than the configuration has now');
  }
  return {
    options: {
      strategy,
      crypto,
      steps,
      licensedPercent,
      ...(channelType && { channelType }),
      ...(transport && { transport }),
      ...(names !== undefined && { drivers: names.split('+') }),
      ...(topology !== 'pair' && { topology }),
    },
    seed,
  };
}
