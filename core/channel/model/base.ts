import type { FundedBase } from './state.ts';

/**
 * Only the fields that every state with commitments has: what a channel keeps when its phase changes. Spread it behind the new fields: an
 * object whose spread comes first and is added to has a hidden class of its own (V8), and all that reads it is slow.
 */
export function baseOf(state: FundedBase): FundedBase {
  return {
    channelId: state.channelId,
    params: state.params,
    fundings: state.fundings,
    shared: state.shared,
    localSignatures: state.localSignatures,
    sentSignatures: state.sentSignatures,
    remote: state.remote,
    references: state.references,
    learned: state.learned,
    lastSent: state.lastSent,
    version: state.version,
    nextMonitorId: state.nextMonitorId,
    pendingMonitor: state.pendingMonitor,
    nextEventId: state.nextEventId,
    events: state.events,
  };
}
