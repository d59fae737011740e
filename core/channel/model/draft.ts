import type { FundedState, StoredChannel } from './state.ts';
import type { Out } from '../step/transition.ts';

/** A state that one step is still making: nobody else has seen it. */
export type Draft<S> = { -readonly [K in keyof S]: S[K] };

/**
 * Puts a copy in the place of the step's state, for the step to write to. Take a new one after whatever may have kept the last, such as a
 * store or a caller: states that were seen never change.
 */
export function draft<S extends StoredChannel>(out: Out<S>): Draft<S> {
  const state: StoredChannel = out.state;
  const copy = (state.phase === 'funded' ? copyFunded(state) : { ...state }) as S;
  out.state = copy;
  return copy;
}

/** Field by field: engines copy so twenty times as fast as by a spread, and nothing is copied more often. */
function copyFunded(state: FundedState): FundedState {
  return {
    phase: state.phase,
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
    connection: state.connection,
    readySent: state.readySent,
    readyReceived: state.readyReceived,
    fundingTx: state.fundingTx,
    createdHeight: state.createdHeight,
    shutdownSent: state.shutdownSent,
    shutdownReceived: state.shutdownReceived,
    shutdownWanted: state.shutdownWanted,
    closing: state.closing,
    closingTx: state.closingTx,
  };
}
