import { decodeMessage, encodeMessage } from '../../core/wire/messages/index.ts';
import { messageName } from '../world/message-name.ts';
import type { End, Packet } from '../world/packet.ts';
import type { Link } from '../world/network.ts';
import type { Action, StepMark, Tampered } from '../scenario/types.ts';
import { afterArrival, arrive } from '../world/sockets.ts';
import type { World } from '../world/world.ts';
import { controlMessages } from './control-messages.ts';
import { tamperingsFor } from './index.ts';
import { channelNamed } from './tampering-table.ts';
import type { Forged, Scene, Tampering } from './tampering-table.ts';

export type Tamper = Extract<Action, { do: 'tamper' }>;

/** The next message of one direction of a link, and who gets it. */
export interface Head {
  readonly link: Link;
  readonly end: End;
  readonly packet: Packet;
}

export function headOf(world: World, id: string, to: string): Head | undefined {
  const link = world.links.get(id);
  const end = link?.endOf(to);
  if (link?.open !== true || end === undefined || !link.ends[end].reads || !world.host(to).running) return undefined;
  const packet = link.head(end);
  return packet && { link, end, packet };
}

/** Undefined where the receiver does not show its channels: what is forged depends on them. */
export function sceneOf(world: World, to: string, { bytes }: Pick<Packet, 'bytes'>): Scene | undefined {
  const host = world.host(to);
  const channels = host.driver.channels?.();
  if (channels === undefined) return undefined;
  const decoded = decodeMessage(bytes);
  const message = decoded.ok ? decoded.message : undefined;
  const id = channelNamed(message);
  const info = id && world.infoById(id);
  const receiver = id && (channels.get(id) ?? (info && channels.get(info.temporaryChannelId)));
  return { crypto: world.crypto, bytes, message, receiver, channels, config: host.config, feeratePerKw: host.feeratePerKw };
}

function forge(tampering: Tampering, scene: Scene): readonly Forged[] | undefined {
  const forged = tampering.forge(scene);
  if (forged === undefined) return undefined;
  return forged instanceof Uint8Array || !('length' in forged) ? [forged] : forged;
}

/** Every tampering that would break something at the head of this direction, as actions. */
export function possibleTamperings(world: World, id: string, to: string): readonly Tamper[] {
  const head = headOf(world, id, to);
  const scene = head && sceneOf(world, to, head.packet);
  if (head === undefined || scene === undefined) return [];
  const message = messageName(head.packet.bytes);
  return Object.entries(tamperingsFor(message)).flatMap(([name, tampering]) =>
    forge(tampering, scene) === undefined ? [] : [{ do: 'tamper', link: id, to, message, with: name } as const],
  );
}

/** Whether the one oracle that judges it would find something at once: tried on a copy, so that one adversary can try many. */
export function isFound(world: World, action: Tamper): boolean {
  const copy = world.dryRun(world.oracles.filter(({ name }) => name === 'hostile'));
  if (copy === undefined) return false;
  world.stats.count('event', `dry run of ${action.message}: ${action.with}`);
  tamper(copy, action);
  return copy.finding !== undefined;
}

/** It starts from this kind of message, and from no other. */
export function isOwnTampering({ message, with: name }: Tamper): boolean {
  return !Object.hasOwn(controlMessages, name) && Object.hasOwn(tamperingsFor(message), name);
}

/** Delivers what a dishonest sender makes of its message. False when it is not the next message, or nothing can be broken by it now. */
export function tamper(world: World, action: Tamper): boolean {
  const head = headOf(world, action.link, action.to);
  const scene = head && sceneOf(world, action.to, head.packet);
  const tampering = Object.hasOwn(tamperingsFor(action.message), action.with) ? tamperingsFor(action.message)[action.with] : undefined;
  if (head === undefined || scene === undefined || tampering === undefined || messageName(head.packet.bytes) !== action.message)
    return false;
  const forged = forge(tampering, scene);
  if (forged === undefined) return false;
  world.stats.count('event', `tampered ${action.message}: ${action.with}`);
  const last = forged.at(-1);
  deliverForged(world, head, { forged, place: tampering.place, mark: last && { tampered: tamperedOf(action, tampering, last) } });
  return true;
}

export interface Forgery {
  readonly forged: readonly Forged[];
  readonly place: Tampering['place'];
  /** What is known of the last of them. */
  readonly mark: StepMark | undefined;
}

/** What is forged arrives in this order, instead of the sender's own message or before it. */
export function deliverForged(world: World, { link, end, packet }: Head, { forged, place, mark }: Forgery): void {
  const host = world.host(link.spec.ends[end]);
  world.clock.advanceTo(packet.dueMs);
  for (const [index, message] of forged.entries()) {
    // The genuine message stays where it is until the end: as long as it is in flight, nobody takes the two nodes for quiet.
    if (link.head(end)?.bytes !== packet.bytes) break;
    const written = message instanceof Uint8Array ? message : encodeMessage(message);
    const bytes = world.onLink(link, host, () => link.forge(end, written, world.timeMs));
    if (bytes === undefined) return;
    arrive(world, link, end, bytes, index < forged.length - 1 ? undefined : mark);
  }
  if (link.head(end)?.bytes === packet.bytes && place === 'instead') link.drop(end);
  afterArrival(world, link, end, messageName(packet.bytes));
}

function tamperedOf(action: Tamper, { asks }: Tampering, message: Forged): Tampered {
  const channelId = message instanceof Uint8Array ? undefined : channelNamed(message);
  const name = `${action.message}.${action.with}`;
  return channelId === undefined ? { name, asks } : { name, asks, channelId };
}
