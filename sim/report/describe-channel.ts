import { isClosed } from '../../core/channel/model/ending.ts';
import type { ChannelState, FundedBase, SharedState } from '../../core/channel/model/state.ts';
import type { Side } from '../../core/transactions/types.ts';
import { grouped } from '../scenario/text.ts';

/**
 * One channel at one node on one line: each owner's commitment number (`3→4`: 4 is signed and 3 not yet revoked) and how many
 * HTLCs each side has in flight, by what this node knows; then the feerate that it has built ours and theirs with.
 */
export function channelInWords(state: ChannelState): string {
  if ('shared' in state && isClosed(state)) return `${commitments(state)} closed`;
  switch (state.phase) {
    case 'opening':
      return state.step.kind;
    case 'forgotten':
      return `forgotten: ${state.rule}: ${state.reason}`;
    case 'funded': {
      const closing = state.closing.tx ? ' closing' : state.closing.sent || state.closing.received ? ' shutdown' : '';
      const phase =
        state.lifecycle.connection === 'connected'
          ? state.lifecycle.readySent && state.lifecycle.readyReceived
            ? ''
            : ' unready'
          : ` ${state.lifecycle.connection}`;
      return `${commitments(state)}${phase}${closing}`;
    }
    case 'failed':
      return `${commitments(state)} failed: ${state.failure.rule}: ${state.failure.reason}`;
  }
}

function commitments({ params, shared }: FundedBase): string {
  const of = (side: Side): string => {
    const { current, next } = shared.commitments[side];
    return next === undefined ? `${current.number}` : `${current.number}→${next.number}`;
  };
  const them: Side = params.us === 'opener' ? 'accepter' : 'opener';
  const htlcs = `HTLCs ${inFlight(shared, params.us)}▸ ◂${inFlight(shared, them)}`;
  return `ours ${of(params.us)} theirs ${of(them)} ${htlcs}, ${feerates(shared, params.us, them)} sat/kw`;
}

/** Of its own commitment and of the peer's newest one; once where both were built with the same. */
function feerates({ base, logs, commitments }: SharedState, us: Side, them: Side): string {
  const of = (owner: Side): string => {
    const { cut } = commitments[owner].next ?? commitments[owner].current;
    const fees = logs.opener.slice(0, Number(cut.opener - base.cut.opener)).flatMap((u) => (u.kind === 'fee' ? [u.feeratePerKw] : []));
    return grouped(fees.at(-1) ?? base.feeratePerKw);
  };
  const [ours, theirs] = [of(us), of(them)];
  return ours === theirs ? ours : `${ours} and ${theirs}`;
}

/** HTLCs that this side offered and that no update has removed yet, unsigned updates included. */
function inFlight({ base, logs }: SharedState, offerer: Side): number {
  const remover: Side = offerer === 'opener' ? 'accepter' : 'opener';
  const added = logs[offerer].filter((update) => update.kind === 'add').length;
  const removed = logs[remover].filter((update) => update.kind !== 'add' && update.kind !== 'fee').length;
  return base.htlcs[offerer].length + added - removed;
}
