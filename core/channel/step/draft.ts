import type { Announcement } from '../model/announcement.ts';
import type {
  ChannelState,
  Closing,
  Durability,
  FailedState,
  Failure,
  FundedBase,
  FundedState,
  HostRecords,
  Lifecycle,
  StoredChannel,
} from '../model/state.ts';
import type { Transition } from './transition.ts';

/**
 * What one step may write to: copies of the state and of its groups, each made at the step's first write to it. Copied field by field: on
 * Node 20 that takes a twentieth of the time of an object spread, and all copies share one hidden class.
 */

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function copyFunded(s: FundedState): FundedState {
  return {
    phase: s.phase,
    channelId: s.channelId,
    params: s.params,
    fundings: s.fundings,
    shared: s.shared,
    remote: s.remote,
    lastSent: s.lastSent,
    revokedSecret: s.revokedSecret,
    chain: s.chain,
    host: s.host,
    durability: s.durability,
    lifecycle: s.lifecycle,
    closing: s.closing,
    announcement: s.announcement,
  };
}

/** What a channel keeps when its phase changes. Spread it behind the new fields: a spread that comes first and is added to is slow. */
export function baseOf(s: FundedBase): FundedBase {
  return {
    channelId: s.channelId,
    params: s.params,
    fundings: s.fundings,
    shared: s.shared,
    remote: s.remote,
    lastSent: s.lastSent,
    revokedSecret: s.revokedSecret,
    chain: s.chain,
    host: s.host,
    durability: s.durability,
  };
}

function copyState(state: StoredChannel): StoredChannel {
  switch (state.phase) {
    case 'funded':
      return copyFunded(state);
    case 'failed':
      return { phase: state.phase, failure: state.failure, closing: state.closing, ...baseOf(state) };
  }
}

function copyHost(h: HostRecords): HostRecords {
  return { offered: h.offered, received: h.received, nextEventId: h.nextEventId, events: h.events, toldClose: h.toldClose };
}
function copyDurability(d: Durability): Durability {
  return { version: d.version, nextMonitorId: d.nextMonitorId, pendingMonitor: d.pendingMonitor };
}
function copyLifecycle(l: Lifecycle): Lifecycle {
  const { connection, readySent, readyReceived, createdHeight, awaited } = l;
  return { connection, readySent, readyReceived, createdHeight, awaited };
}
function copyClosing(c: Closing): Closing {
  return { sent: c.sent, received: c.received, wanted: c.wanted, negotiation: c.negotiation, agreed: c.agreed, tx: c.tx };
}
function copyAnnouncement(a: Announcement): Announcement {
  return {
    own: a.own,
    peers: a.peers,
    sentFor: a.sentFor,
    askedFor: a.askedFor,
    policy: a.policy,
    before: a.before,
    update: a.update,
    unsigned: a.unsigned,
    peersUpdate: a.peersUpdate,
  };
}
function copyFailure(f: Failure): Failure {
  const { error, rule, reason, stale, commitmentToBroadcast, height } = f;
  return { error, rule, reason, stale, commitmentToBroadcast, height };
}

/** Which copies are this step's own. */
export interface Owned {
  state: ChannelState | undefined;
  host: HostRecords | undefined;
  durability: Durability | undefined;
  lifecycle: Lifecycle | undefined;
  closing: Closing | undefined;
  failure: Failure | undefined;
  announcement: Announcement | undefined;
}

export function nothingOwned(): Owned {
  return {
    state: undefined,
    host: undefined,
    durability: undefined,
    lifecycle: undefined,
    closing: undefined,
    failure: undefined,
    announcement: undefined,
  };
}

/** The step's own state, to write to. What was read of `t.state` before is the state before the step, or this very object. */
export function draft<S extends StoredChannel>(t: Transition<S>): Writable<S> {
  if (t.owned.state !== t.state) t.owned.state = t.state = copyState(t.state) as S;
  return t.state;
}

export function draftHost(t: Transition<StoredChannel>): Writable<HostRecords> {
  if (t.owned.host !== t.state.host) t.owned.host = draft(t).host = copyHost(t.state.host);
  return t.state.host;
}

export function draftDurability(t: Transition<StoredChannel>): Writable<Durability> {
  if (t.owned.durability !== t.state.durability) t.owned.durability = draft(t).durability = copyDurability(t.state.durability);
  return t.state.durability;
}

export function draftLifecycle(t: Transition<FundedState>): Writable<Lifecycle> {
  if (t.owned.lifecycle !== t.state.lifecycle) t.owned.lifecycle = draft(t).lifecycle = copyLifecycle(t.state.lifecycle);
  return t.state.lifecycle;
}

export function draftClosing(t: Transition<FundedState | FailedState>): Writable<Closing> {
  if (t.owned.closing !== t.state.closing) t.owned.closing = draft(t).closing = copyClosing(t.state.closing);
  return t.state.closing;
}

export function draftAnnouncement(t: Transition<FundedState>): Writable<Announcement> {
  if (t.owned.announcement !== t.state.announcement) t.owned.announcement = draft(t).announcement = copyAnnouncement(t.state.announcement);
  return t.state.announcement;
}

export function draftFailure(t: Transition<FailedState>): Writable<Failure> {
  if (t.owned.failure !== t.state.failure) t.owned.failure = draft(t).failure = copyFailure(t.state.failure);
  return t.state.failure;
}
