import type { Packet } from '../world/packet.ts';
import { RunningHash } from '../deterministic/hash.ts';
import type { Host } from '../world/host.ts';
import type { Write } from '../world/storage.ts';
import type { World } from '../world/world.ts';
import { STATE } from '../scenario/sinks.ts';

/**
 * Equal for worlds that behave the same from here on: all that matters, without time and without counters. What is on disk matters only
 * where a node may still crash.
 */
export function worldKey(world: World, mayCrash: boolean): string {
  const hash = new RunningHash();
  for (const host of world.hosts.values()) {
    addHost(hash, world, host);
    if (mayCrash) addDisk(hash, host);
  }
  for (const link of world.links.values()) {
    hash.text(link.up ? `up ${link.closedBy ?? ''} ${link.isConnected(0)} ${link.isConnected(1)}` : 'down');
    for (const end of [0, 1] as const) addPackets(hash, link.waiting(end));
    hash.word(-1);
  }
  hash.number(world.chain.height);
  for (const { tx } of world.chain.confirmed) for (const input of tx.inputs) hash.text(input.txid);
  for (const tx of world.chain.mempool) for (const input of tx.inputs) hash.text(input.txid);
  for (const { name, received, decision, outcome } of world.payments) {
    hash.text(`${name} ${received} ${decision ?? ''} ${outcome ?? ''}`);
  }
  return hash.key();
}

/** Acts carry fresh keys, and how a stream was cut shows nowhere: what matters is what comes out. */
function addPackets(hash: RunningHash, packets: readonly Packet[]): void {
  for (const { act, bytes } of packets) {
    if (act === undefined) hash.bytes(bytes);
    else hash.text(act);
  }
}

function addHost(hash: RunningHash, world: World, host: Host): void {
  const { driver, disk, watch } = host;
  if (driver.fingerprint === undefined)
    throw new RangeError(`the driver of '${host.name}' has no fingerprint: its states cannot be told apart`);
  hash.text(host.running ? driver.fingerprint() : 'down');
  hash.number(watch.seenHeight);
  for (const info of world.channels) {
    const id = info.channelId;
    if (id === undefined) continue;
    const writes = disk.unfinished.filter((write) => write.channelId === id);
    addVersions(hash, writes, disk.durable.get(id)?.effect.version);
  }
  for (const { channelId, eventId } of host.unacknowledged) hash.text(`${channelId} ${eventId}`);
  for (const { payment } of host.presented) hash.text(payment);
  for (const payment of host.owed) hash.text(payment);
  hash.word(-1);
}

/** Versions count up for ever: only how they lie to the newest matters. */
function addVersions(hash: RunningHash, writes: readonly Write[], durable: number | undefined): void {
  const newest = Math.max(durable ?? 0, ...writes.filter((write) => write.sink === STATE).map((write) => write.version));
  hash.word(durable === undefined ? -2 : newest - durable);
  for (const { sink, version } of writes) {
    hash.text(sink);
    hash.word(sink === STATE ? newest - version : version);
  }
  hash.word(-3);
}

function addDisk(hash: RunningHash, { disk, driver }: Host): void {
  const unfinished = disk.unfinished.flatMap(({ content }) => (content.kind === 'state' ? [content.snapshot] : []));
  for (const { effect } of [...disk.durable.values(), ...unfinished]) hash.bytes(driver.serialise?.(effect) ?? new Uint8Array(0));
}
