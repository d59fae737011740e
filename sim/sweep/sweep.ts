import type { Crypto } from '../../core/crypto/types.ts';
import type { Message } from '../../core/wire/messages/index.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { createHostile } from '../oracles/hostile.ts';
import { createPeersOracle } from '../oracles/peers.ts';
import type { DriverFactory, Oracle, StepMark, StepRecord, WorldSpec } from '../scenario/types.ts';
import { tamperingsFor } from '../violations/index.ts';
import { deliverForged, headOf, sceneOf } from '../violations/tamper.ts';
import { channelNamed } from '../violations/tampering-table.ts';
import type { Forged, Scene } from '../violations/tampering-table.ts';
import { nameOf } from '../world/channel-changes.ts';
import { fingerprint } from '../world/finding.ts';
import { World } from '../world/world.ts';
import { edgeCells } from './cell.ts';
import type { Cell, EdgesOf } from './cell.ts';
import { betweenCells, frameCells, init } from './control.ts';
import { acceptChannel, channelReady, fundingCreated, fundingSigned, openChannel } from './establishment.ts';
import { SWEPT, walk } from './history.ts';
import type { Arrival } from './history.ts';
import * as operation from './operation.ts';
import { strangerCells } from './strangers.ts';

/** Fields of every message that two honest nodes exchange. */
export const EDGES = {
  init,
  open_channel: openChannel,
  accept_channel: acceptChannel,
  funding_created: fundingCreated,
  funding_signed: fundingSigned,
  channel_ready: channelReady,
  update_add_htlc: operation.updateAddHtlc,
  update_fulfill_htlc: operation.updateFulfillHtlc,
  update_fail_htlc: operation.updateFailHtlc,
  update_fail_malformed_htlc: operation.updateFailMalformedHtlc,
  commitment_signed: operation.commitmentSigned,
  revoke_and_ack: operation.revokeAndAck,
  update_fee: operation.updateFee,
  shutdown: operation.shutdown,
  closing_signed: operation.closingSigned,
  channel_reestablish: operation.channelReestablish,
} as const satisfies { readonly [N in Message['type']]?: EdgesOf<N> };

export interface SweepOptions {
  readonly driver: DriverFactory;
  readonly crypto?: () => Crypto;
  /** Only cells for which this is true; all others are passed over at next to no cost. */
  readonly chooses?: (id: string, at: number) => boolean;
  /** Asked at every message, with how many misdeeds there are so far: true where that is enough. */
  readonly stops?: (misdeeds: number) => boolean;
}

/** What a node did that it must not do, or did not do that it must. */
export interface Misdeed {
  /** The phase, the message and what was done to it. */
  readonly cell: string;
  readonly fingerprint: string;
  readonly detail: string;
}

export interface Swept {
  readonly cells: number;
  readonly misdeeds: readonly Misdeed[];
}

/**
 * Every phase, message, field and edge, one after another, each on a copy of a world that has come there in order. What must happen is written down
 * beside each edge, from the requirements; nothing here knows how the core decides.
 */
export function sweep(options: SweepOptions): Swept {
  const swept: { cells: number; misdeeds: Misdeed[] } = { cells: 0, misdeeds: [] };
  let at = 0;
  for (const { spec, history } of SWEPT) at = sweepOne(options, spec, history, swept, at);
  return swept;
}

function sweepOne(
  { driver, crypto = createFakeCrypto, chooses = () => true, stops = () => false }: SweepOptions,
  spec: WorldSpec,
  history: Parameters<typeof walk>[1],
  swept: { cells: number; readonly misdeeds: Misdeed[] },
  first: number,
): number {
  const { misdeeds } = swept;
  const oracles = [createHostile(), createPeersOracle()];
  const world = new World(spec, { createCrypto: crypto, drivers: { fulgurite: driver }, oracles });
  const seen = new Map<string, number>();
  let at = first;
  const brokenOff = walk(world, history, (arrival) => {
    if (stops(misdeeds.length)) return;
    const label = `${arrival.phase}: ${arrival.to} gets ${arrival.message}`;
    const nth = (seen.get(label) ?? 0) + 1;
    seen.set(label, nth);
    for (const cell of cellsAt(world, arrival)) {
      const id = `${label}${nth === 1 ? '' : ` #${nth}`}: ${cell.name}`;
      if (!chooses(id, at++)) continue;
      swept.cells++;
      const misdeed = judge(world, arrival, cell);
      if (misdeed !== undefined) misdeeds.push({ cell: id, ...misdeed });
    }
  });
  if (world.finding !== undefined)
    misdeeds.push({ cell: 'in order', fingerprint: fingerprint(world.finding), detail: world.finding.message });
  else if (brokenOff !== undefined)
    misdeeds.push({
      cell: 'in order',
      fingerprint: 'sweep/in-order/broken-off',
      detail: `two honest nodes get no further than ${brokenOff}`,
    });
  return at;
}

/** Everything that may arrive at this moment. */
function cellsAt(world: World, { link, to }: Arrival): readonly Cell[] {
  const head = headOf(world, link, to);
  const scene = head && sceneOf(world, to, head.packet);
  if (scene === undefined) return [];
  return [
    ...ownEdges(scene),
    ...breaches(scene),
    ...frameCells(scene),
    ...strangerCells(scene),
    ...(scene.message?.type === 'init' ? [] : betweenCells()),
  ];
}

function ownEdges(scene: Scene): readonly Cell[] {
  const { message } = scene;
  const edges = message && (EDGES as Readonly<Record<string, unknown>>)[message.type];
  return message === undefined || edges === undefined ? [] : edgeCells(message as never, edges as EdgesOf<never>, scene);
}

/** What the campaigns' adversary does, every way at every moment. */
function breaches(scene: Scene): readonly Cell[] {
  const message = scene.message?.type;
  if (message === undefined) return [];
  return Object.entries(tamperingsFor(message)).flatMap(([name, { asks, forge }]): readonly Cell[] => {
    const forged = forge(scene);
    if (forged === undefined) return [];
    const all = forged instanceof Uint8Array || !('length' in forged) ? [forged] : forged;
    const breach = all.at(-1);
    const of = breach === undefined || breach instanceof Uint8Array || breach.type === message ? '' : `${breach.type}: `;
    return [{ name: `${of}${name}`, message, asks, forged: all }];
  });
}

/** What a node does with one input. */
class Witness implements Oracle {
  readonly name = 'sweep';
  readonly kinds = [];
  complaint: string | undefined;
  private readonly to: string;

  constructor(to: string) {
    this.to = to;
  }

  step(_: unknown, { node, input, effects }: StepRecord): undefined {
    if (node !== this.to || input.kind !== 'received') return;
    for (const effect of effects) {
      const sent = effect.kind === 'send' ? nameOf(effect.bytes) : undefined;
      if (sent === 'error' || sent === 'warning' || effect.kind === 'disconnect' || effect.kind === 'violated')
        this.complaint ??= effect.kind === 'violated' ? `${effect.rule}: ${effect.detail}` : (sent ?? 'hung up');
    }
  }

  fork(): Witness {
    return this;
  }
}

function judge(world: World, { link, to }: Arrival, { asks, forged, name, message }: Cell): Omit<Misdeed, 'cell'> | undefined {
  const witness = new Witness(to);
  const copy = world.dryRun([...world.oracles, witness]);
  const head = copy && headOf(copy, link, to);
  if (copy === undefined || head === undefined) return undefined;
  const mark = typeof asks === 'string' ? undefined : markOf(`${message}.${name}`, asks, forged);
  deliverForged(copy, head, { forged, place: 'instead', mark });
  copy.drain();
  if (copy.finding !== undefined)
    return {
      fingerprint: fingerprint(copy.finding),
      detail: `${copy.finding.message}: ${String(copy.finding.expected)}, not ${String(copy.finding.actual)}`,
    };
  if (asks !== 'accept' || witness.complaint === undefined) return undefined;
  return { fingerprint: `sweep/${message}/complained`, detail: `nothing is wrong with it, and the node complains: ${witness.complaint}` };
}

function markOf(name: string, asks: NonNullable<StepMark['tampered']>['asks'], forged: readonly Forged[]): StepMark {
  const last = forged.at(-1);
  const channelId = last === undefined || last instanceof Uint8Array ? undefined : channelNamed(last);
  return { tampered: channelId === undefined ? { name, asks } : { name, asks, channelId } };
}
