import type { FailedState, FundedBase } from './state.ts';

/** Only the fields that every state with commitments has: what a channel keeps when its phase changes. */
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

/** Field by field, as `draft` copies and for its reason. */
export function failedOf(base: FundedBase, own: Omit<FailedState, keyof FundedBase | 'phase'>): FailedState {
  return {
    phase: 'failed',
    channelId: base.channelId,
    params: base.params,
    fundings: base.fundings,
    shared: base.shared,
    localSignatures: base.localSignatures,
    sentSignatures: base.sentSignatures,
    remote: base.remote,
    references: base.references,
    learned: base.learned,
    lastSent: base.lastSent,
    version: base.version,
    nextMonitorId: base.nextMonitorId,
    pendingMonitor: base.pendingMonitor,
    nextEventId: base.nextEventId,
    events: base.events,
    error: own.error,
    reason: own.reason,
    commitmentToBroadcast: own.commitmentToBroadcast,
    shutdownSent: own.shutdownSent,
    shutdownReceived: own.shutdownReceived,
    closingTx: own.closingTx,
    spentBy: own.spentBy,
  };
}
