import { contents, SIDES } from '../../../core/channel/model/contents.ts';
import type { Contents } from '../../../core/channel/model/contents.ts';
import type { ChannelState, Closing, Commitment, Cut, FundedBase, SharedState, Update } from '../../../core/channel/model/state.ts';
import type { Side } from '../../../core/transactions/types.ts';
import { grouped, msat } from '../../scenario/text.ts';

/** One thing that a state says. */
export interface Field {
  readonly what: string;
  readonly value: string;
}

type Names = Readonly<Record<Side, string>>;

/**
 * What both ends of a channel must come to agree on, as one of them has it: equal at both ends when all is quiet. Always the same rows once
 * it is funded, empty where there is no next commitment.
 */
export function sharedRows(state: ChannelState | undefined, names: Names): readonly Field[] {
  if (state === undefined || !('shared' in state)) return [];
  const { shared } = state;
  const commitments = SIDES.flatMap((side) => {
    const { current, next } = shared.commitments[side];
    return [...commitmentRows(shared, current, `${names[side]}'s`, names), ...commitmentRows(shared, next, `${names[side]}'s next`, names)];
  });
  const logs = SIDES.map((side) => ({ what: `updates of ${names[side]} under way`, value: list(shared.logs[side].map(updateText)) }));
  return [...commitments, ...logs];
}

function commitmentRows(shared: SharedState, commitment: Commitment | undefined, title: string, names: Names): readonly Field[] {
  const row = (what: string, value: string): Field => ({ what: `${title}: ${what}`, value: commitment === undefined ? '' : value });
  const { number = 0n, cut = NO_CUT } = commitment ?? {};
  const says = contentsOf(shared, cut);
  if (typeof says === 'string') return [row('number', `${number}`), row('contents', says)];
  const htlcs = says.htlcs.map(
    ({ offerer, id, amountMsat, cltvExpiry }) => `${names[offerer]} offers ${id}: ${msat(amountMsat)} until ${cltvExpiry}`,
  );
  return [
    row('number', `${number}`),
    row('feerate', `${grouped(says.feeratePerKw)} sat/kw`),
    ...SIDES.map((side) => row(`balance of ${names[side]}`, msat(says.balanceMsat[side]))),
    row('HTLCs', list(htlcs)),
  ];
}

const NO_CUT: Cut = { opener: 0, accepter: 0 };

/** A node with a bug in it may have a state that says nothing: that is shown, too. */
function contentsOf(shared: SharedState, cut: Commitment['cut']): Contents | string {
  try {
    return contents(shared, cut);
  } catch (error) {
    return `make no sense: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function updateText(update: Update): string {
  switch (update.kind) {
    case 'add':
      return `add ${update.id}, ${msat(update.amountMsat)}`;
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
      return `${update.kind} ${update.id}`;
    case 'fee':
      return `fee ${grouped(update.feeratePerKw)} sat/kw`;
  }
}

/** What one end knows alone. */
export function ownRows(state: ChannelState | undefined): readonly Field[] {
  if (state === undefined) return [];
  switch (state.phase) {
    case 'opening':
      return [{ what: 'phase', value: `opening, ${state.step.kind}` }];
    case 'forgotten':
      return [{ what: 'phase', value: `forgotten: ${state.rule}: ${state.reason}` }];
    case 'funded': {
      const { connection, readySent, readyReceived } = state.lifecycle;
      const ready = readySent && readyReceived ? '' : `, channel_ready ${readySent ? 'sent' : readyReceived ? 'received' : 'to come'}`;
      return [{ what: 'phase', value: `funded, ${connection}${ready}` }, ...baseRows(state, state.closing)];
    }
    case 'failed': {
      const { rule, reason, stale } = state.failure;
      return [
        { what: 'phase', value: `failed${stale ? ' with an old state' : ''}: ${rule}: ${reason}` },
        ...baseRows(state, state.closing),
      ];
    }
  }
}

function baseRows({ lastSent, host, durability, fundings }: FundedBase, closing: Closing): readonly Field[] {
  const pending = durability.pendingMonitor.map(({ id, update, waiting }) => `${id} ${update.kind} (${waiting.join(', ')})`);
  const txids = fundings.map(({ output, txids: { opener, accepter } }) => [output.txid, opener, accepter] as const);
  return [
    { what: 'sent last', value: lastSent },
    { what: 'stored version', value: `${durability.version}` },
    { what: 'watchers have not confirmed', value: list(pending) },
    { what: 'events that its host has not acknowledged', value: list(host.events.map(({ id, event }) => `${id} ${event.kind}`)) },
    { what: 'closing', value: closingText(closing) },
    ...txids.flatMap(([, opener, accepter]) => [
      { what: "opener's commitment transaction", value: txidsText(opener) },
      { what: "accepter's commitment transaction", value: txidsText(accepter) },
    ]),
  ];
}

function txidsText({ current, next }: { readonly current: string; readonly next: string | undefined }): string {
  return next === undefined ? short(current) : `${short(current)}, then ${short(next)}`;
}

function closingText({ wanted, sent, received, negotiation, agreed, tx }: Closing): string {
  const { offered, peerOffered } = negotiation ?? {};
  const parts = [
    wanted === undefined ? '' : 'wanted',
    sent === undefined ? '' : 'shutdown sent',
    received === undefined ? '' : 'shutdown received',
    offered === undefined ? '' : `offered ${grouped(offered.feeSat)} sat`,
    peerOffered === undefined ? '' : `was offered ${grouped(peerOffered.feeSat)} sat`,
    agreed === undefined ? '' : `agreed ${grouped(agreed.feeSat)} sat`,
    tx === undefined ? '' : 'signed by both',
  ];
  return list(parts.filter((part) => part !== ''));
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join('; ');
}

function short(hex: string): string {
  return `${hex.slice(0, 12)}…`;
}
