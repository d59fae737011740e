import type { ChannelState } from '../../core/channel/model/state.ts';
import type { ChannelId, PublicKey } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { entropy } from '../deterministic/entropy.ts';
import { Host, portsOf } from './host.ts';
import type { Port } from './host.ts';
import { Link, linkId } from './network.ts';
import type { ChannelInfo, Driver, DriverFactory, Heard, LineView, WorldSpec } from '../scenario/types.ts';

export interface ParticipantsOptions {
  /** A provider of its own for each node, and one for what stands around them. */
  readonly createCrypto: () => Crypto;
  /** By the name that a `NodeSpec` gives; 'fulgurite' must be among them unless every node names another. */
  readonly drivers: Readonly<Record<string, DriverFactory>>;
}

/** Who there is in a world, what connects them and what their channels are called: all that is looked up, and nothing that moves. */
export class Participants {
  readonly spec: WorldSpec;
  readonly crypto: Crypto;
  readonly nodeNames: readonly string[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly links: ReadonlyMap<string, Link>;
  readonly infos: ChannelInfo[];
  private readonly ports: ReadonlyMap<string, ReadonlyMap<PublicKey, Port>>;
  private readonly namesById: ReadonlyMap<PublicKey, string>;

  constructor(spec: WorldSpec, options: ParticipantsOptions, from?: Participants) {
    this.spec = spec;
    this.crypto = from?.crypto ?? options.createCrypto();
    this.nodeNames = spec.nodes.map((node) => node.name);
    this.links = new Map(
      spec.links.map((link) => [linkId(link.ends), from?.links.get(linkId(link.ends))?.fork() ?? new Link(link, spec.seed)]),
    );
    const { crypto } = this;
    const { createCrypto } = options;
    const named = (label: string): string => this.entropy(label);
    this.hosts = new Map(
      spec.nodes.map((node) => {
        const context = { seed: spec.seed, crypto, createCrypto, entropy: named, factory: factoryOf(options, node.driver ?? 'fulgurite') };
        return [node.name, new Host(node, context, from?.hosts.get(node.name))];
      }),
    );
    this.namesById = new Map([...this.hosts.values()].map((host) => [host.nodeId, host.name]));
    this.ports = portsOf(this.hosts, this.links);
    this.infos = [...(from?.infos ?? [])];
  }

  /** 32 bytes of hex: equal for equal seeds and labels. */
  entropy(label: string): string {
    return entropy(this.crypto, this.spec.seed, label);
  }

  host(node: string): Host {
    const host = this.hosts.get(node);
    if (host === undefined) throw new RangeError(`no node '${node}'`);
    return host;
  }

  driver(node: string): Driver | undefined {
    const host = this.hosts.get(node);
    return host?.running === true ? host.driver : undefined;
  }

  nodeId(node: string): PublicKey {
    return this.host(node).nodeId;
  }

  nodeName(id: PublicKey): string {
    const name = this.namesById.get(id);
    if (name === undefined) throw new RangeError(`no node has the id ${id}`);
    return name;
  }

  height(node: string): number {
    return this.host(node).watch.seenHeight;
  }

  port(node: string, peer: PublicKey): Port | undefined {
    return this.ports.get(node)?.get(peer);
  }

  protected linkBetween(a: string, b: string): Link | undefined {
    const peer = this.hosts.get(b)?.nodeId;
    return peer && this.port(a, peer)?.link;
  }

  connected(a: string, b: string): boolean {
    return this.linkBetween(a, b)?.open === true && this.host(a).running && this.host(b).running;
  }

  lineOf(node: string, peer: string): LineView | undefined {
    const id = this.hosts.get(peer)?.nodeId;
    const port = id && this.port(node, id);
    return port?.link.ends[port.end];
  }

  get channels(): readonly ChannelInfo[] {
    return this.infos;
  }

  info(channel: string): ChannelInfo | undefined {
    return this.infos.find((info) => info.name === channel);
  }

  infoById(id: ChannelId): ChannelInfo | undefined {
    return this.infos.find((info) => info.channelId === id || info.temporaryChannelId === id);
  }

  changeInfo(name: string, change: Partial<ChannelInfo>): void {
    const at = this.infos.findIndex((info) => info.name === name);
    this.infos[at] = { ...(this.infos[at] as ChannelInfo), ...change };
  }

  /** The id under which a node knows a channel now. */
  idOf(channel: string): ChannelId | undefined {
    const info = this.info(channel);
    return info?.channelId ?? info?.temporaryChannelId;
  }

  heard(node: string, channel: string): Heard | undefined {
    return this.host(node).heard.get(channel);
  }

  channelState(node: string, channel: string): ChannelState | undefined {
    const info = this.info(channel);
    const states = this.driver(node)?.channels?.();
    if (info === undefined || states === undefined) return undefined;
    // One end may know the final id while the other does not yet.
    return (info.channelId && states.get(info.channelId)) ?? states.get(info.temporaryChannelId);
  }
}

function factoryOf(options: ParticipantsOptions, name: string): DriverFactory {
  const factory = options.drivers[name];
  if (factory === undefined) throw new RangeError(`no driver '${name}'; there are: ${Object.keys(options.drivers).join(', ')}`);
  return factory;
}
