import { makeFeatures } from '../../core/wire/features.ts';
import { apply } from '../actions/apply.ts';
import { setUp } from '../run/setup.ts';
import type { Action, WorldSpec } from '../scenario/types.ts';
import { nextDue } from '../world/pending-events.ts';
import type { World } from '../world/world.ts';

/** Two nodes with two channels, limits small enough to be reached, and an adversary on every line. */
const SWEPT_WORLD: WorldSpec = {
  seed: 'sweep',
  crypto: 'fake',
  nodes: ['A', 'B'].map((name) => ({
    name,
    config: { maxAcceptedHtlcs: 4, htlcMinimumMsat: '1000', maxHtlcValueInFlightMsat: '300000000' },
  })),
  links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 1 } }],
  channels: [],
  licences: ['adversary'],
};

const open = { do: 'open', fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500 } as const;
const pay = { do: 'pay', amountMsat: '20000000', cltvDelta: 100 } as const;
const mine = { do: 'mine', blocks: 3 } as const;
const cut = { do: 'disconnect', link: 'A-B' } as const;
const again = { do: 'connect', link: 'A-B' } as const;

interface Chapter {
  readonly name: string;
  /** They come at once: their messages cross. */
  readonly actions: readonly Action[];
  /** Messages that arrive of those that it leads to; all, where it is absent. */
  readonly most?: number;
}

/** What both nodes go through. */
const HISTORY: readonly Chapter[] = [
  { name: 'connecting', actions: [cut, again] },
  { name: 'opening with anchors', actions: [{ ...open, as: 'c1', from: 'A', to: 'B', format: 'anchors', upfrontShutdown: true }] },
  { name: 'reconnecting before it is deep enough', actions: [cut, again] },
  { name: 'confirming', actions: [mine] },
  { name: 'opening with static remote keys', actions: [{ ...open, as: 'c2', from: 'B', to: 'A', format: 'static_remotekey' }] },
  { name: 'confirming another', actions: [mine] },
  { name: 'paying', actions: [{ ...pay, as: 'p1', from: 'A', channel: 'c1' }] },
  { name: 'fulfilling', actions: [{ do: 'fulfill', node: 'B', payment: 'p1' }] },
  { name: 'paying over the other', actions: [{ ...pay, as: 'p2', from: 'B', channel: 'c2' }] },
  { name: 'failing', actions: [{ do: 'fail', node: 'A', payment: 'p2' }] },
  { name: 'paying back', actions: [{ ...pay, as: 'p3', from: 'B', channel: 'c1' }] },
  { name: 'failing what is malformed', actions: [{ do: 'fail_malformed', node: 'A', payment: 'p3' }] },
  { name: 'changing the fee', actions: [{ do: 'fee', node: 'A', channel: 'c1', feeratePerKw: 3000 }] },
  { name: 'changing the other fee', actions: [{ do: 'fee', node: 'B', channel: 'c2', feeratePerKw: 3000 }] },
  {
    name: 'crossing',
    actions: [
      { ...pay, as: 'p4', from: 'A', channel: 'c1' },
      { ...pay, as: 'p5', from: 'B', channel: 'c1' },
    ],
  },
  { name: 'losing a signature', actions: [{ ...pay, as: 'p6', from: 'A', channel: 'c1' }], most: 1 },
  { name: 'reconnecting after it', actions: [cut, again] },
  { name: 'losing a revocation', actions: [{ ...pay, as: 'p7', from: 'B', channel: 'c2' }], most: 2 },
  { name: 'reconnecting after that', actions: [cut, again] },
  { name: 'shutting down over HTLCs', actions: [{ do: 'shutdown', node: 'A', channel: 'c1' }] },
  {
    name: 'resolving them',
    actions: [
      { do: 'fulfill', node: 'B', payment: 'p4' },
      { do: 'fail', node: 'A', payment: 'p5' },
      { do: 'fulfill', node: 'B', payment: 'p6' },
    ],
  },
  { name: 'reconnecting when closed', actions: [cut, again] },
  {
    name: 'shutting the other down',
    actions: [
      { do: 'fulfill', node: 'A', payment: 'p7' },
      { do: 'shutdown', node: 'A', channel: 'c2' },
    ],
  },
];

/** The least that everybody has. */
const PLAIN_FEATURES = makeFeatures({
  option_data_loss_protect: 'compulsory',
  var_onion_optin: 'compulsory',
  option_static_remotekey: 'compulsory',
  payment_secret: 'compulsory',
  option_channel_type: 'compulsory',
});
const plainOpen = { ...open, from: 'A', to: 'B', format: 'static_remotekey' } as const;

/** Worlds, each with what its nodes go through. */
export const SWEPT: readonly { readonly spec: WorldSpec; readonly history: readonly Chapter[] }[] = [
  { spec: SWEPT_WORLD, history: HISTORY },
  {
    spec: { ...SWEPT_WORLD, nodes: SWEPT_WORLD.nodes.map(({ name }) => ({ name, config: { features: PLAIN_FEATURES } })) },
    history: [
      { name: 'connecting without optional features', actions: [cut, again] },
      { name: 'opening without optional features', actions: [{ ...plainOpen, as: 'c1' }] },
      { name: 'confirming without optional features', actions: [mine] },
      // All that the opener has may be in flight: what it can't afford breaks no other limit.
      { name: 'paying without optional features', actions: [{ ...pay, as: 'p1', from: 'A', channel: 'c1' }] },
      { name: 'fulfilling without optional features', actions: [{ do: 'fulfill', node: 'B', payment: 'p1' }] },
      { name: 'changing the fee without optional features', actions: [{ do: 'fee', node: 'A', channel: 'c1', feeratePerKw: 3000 }] },
      { name: 'closing without optional features', actions: [{ do: 'shutdown', node: 'A', channel: 'c1' }] },
    ],
  },
];

/** A message is about to arrive: everything before it has happened as it should. */
export interface Arrival {
  /** What the nodes are at. */
  readonly phase: string;
  readonly link: string;
  readonly to: string;
  readonly message: string;
}

/** Takes the world through it, and stops before every message. Returns where it breaks off: a node did not what the next action builds on. */
export function walk(world: World, history: readonly Chapter[], visit: (arrival: Arrival) => void): string | undefined {
  setUp(world);
  for (const { name, actions, most = Number.POSITIVE_INFINITY } of history) {
    if (!actions.every((action) => apply(world, action) === 'applied')) return name;
    for (let delivered = 0; delivered < most;) {
      const action = nextDue(world)?.action;
      if (action === undefined) break;
      if (action.do === 'deliver') {
        visit({ phase: name, link: action.link, to: action.to, message: action.message });
        delivered++;
      }
      if (apply(world, action) === 'not-applicable') return name;
    }
  }
  return undefined;
}
