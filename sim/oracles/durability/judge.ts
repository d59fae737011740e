import type { StoredChannel } from '../../../core/channel/model/state.ts';
import type { Message, MessageName } from '../../../core/wire/messages/index.ts';
import { otherSide } from '../../model/commitment-contents.ts';
import type { Finding, WorldView } from '../../scenario/types.ts';
import { channelName, messageOf } from '../../world/channel-changes.ts';
import { finding } from '../difference.ts';
import { factOf, factText, OBSTACLES } from './barrier.ts';
import type { Barrier, Fact } from './barrier.ts';
import { BROKEN_PROMISES } from './secrets.ts';
import type { Promises } from './secrets.ts';

const ORACLE = 'durability';
/** What a node that comes back may have lost. */
const FORGOTTEN = ['channel-gone', 'older-than-durable', 'forgot-a-revocation', 'forgot-a-signature'] as const;
export const DURABILITY_KINDS = [...OBSTACLES, ...BROKEN_PROMISES, 'another-second-point', 'not-stored', ...FORGOTTEN] as const;
type Broken = Exclude<(typeof DURABILITY_KINDS)[number], (typeof OBSTACLES)[number] | 'channel-gone' | 'not-stored'>;

const WORDS = {
  'not-a-secret-key': 'reveals a per-commitment secret that is no key',
  'secret-of-another-point': 'reveals a per-commitment secret of another point than it announced',
  'another-next-point': 'announces two different points for one commitment',
  'revokes-what-was-broadcast': 'revokes a commitment that it has broadcast',
  'broadcasts-revoked': 'broadcasts a commitment that it has revoked',
  'another-second-point': 'announces another second point than before',
  'older-than-durable': 'came back with an older state than was durable',
  'forgot-a-revocation': 'came back with a commitment that it has revoked as its current one',
  'forgot-a-signature': 'came back without a commitment that it had signed',
} as const satisfies Record<Broken, string>;

/** One channel at one node. */
export interface Track {
  readonly barrier: Barrier;
  readonly promises: Promises;
  /** Number of the newest commitment of the peer that it got a signature for. */
  signed: bigint;
  /**
   * It came back with an older state, as a drawn licence allows; `proven` once the peer has shown it a secret that it has forgotten, `misled`
   * when the peer, which knew better, made it fail the channel by an error that came before the proof.
   */
  stale: false | 'unproven' | 'proven' | 'misled';
}

export const JUDGED: ReadonlySet<MessageName> = new Set([
  'funding_signed',
  'channel_ready',
  'shutdown',
  'closing_signed',
  'update_fulfill_htlc',
  'commitment_signed',
  'revoke_and_ack',
  'channel_reestablish',
]);

export interface Place {
  readonly world: WorldView;
  readonly node: string;
  readonly state: StoredChannel;
  readonly track: Track;
}

export function ownNumber(state: StoredChannel): bigint {
  return state.shared.commitments[state.params.us].current.number;
}

export function signedNumber(state: StoredChannel): bigint {
  const { current, next } = state.shared.commitments[otherSide(state.params.us)];
  return (next ?? current).number;
}

/** A message of a channel that leaves. Those that say no more than their name are not decoded. */
export function judge(here: Place, name: MessageName, bytes: Uint8Array): Finding | undefined {
  const { state, track } = here;
  switch (name) {
    case 'funding_signed':
      return barred(here, name, factOf.channel);
    case 'shutdown':
      return barred(here, name, factOf.shutdown);
    case 'channel_reestablish':
      return barred(here, name, factOf.reestablish);
    case 'commitment_signed':
      track.signed = signedNumber(state);
      return barred(here, name, factOf.commitmentSigned(track.signed));
    default: {
      const message = messageOf(bytes);
      return message && judgeContent(here, message);
    }
  }
}

function judgeContent(here: Place, message: Message): Finding | undefined {
  const { world, state, track } = here;
  switch (message.type) {
    case 'channel_ready': {
      const other = !track.promises.announce(1n, message.secondPerCommitmentPoint);
      return broken(here, 'points', other && 'another-second-point', message.type);
    }
    case 'closing_signed':
      return barred(here, message.type, factOf.closing(message.feeSat));
    case 'update_fulfill_htlc':
      return barred(here, message.type, factOf.fulfill(message.id));
    case 'revoke_and_ack': {
      const revoked = ownNumber(state) - 1n;
      const wrong = track.promises.revoke(world.crypto, revoked, message);
      return (
        broken(here, 'revocation', wrong, `revoke_and_ack for commitment ${revoked}`) ??
        barred(here, message.type, factOf.revokeAndAck(revoked))
      );
    }
    default:
      return undefined;
  }
}

/** A finding if what is told is not durable yet. */
export function barred({ world, node, state, track }: Place, what: string, fact: Fact, sink?: string): Finding | undefined {
  const obstacle = track.barrier.obstacle(fact, sink);
  if (obstacle === undefined) return undefined;
  return finding(world, {
    oracle: ORACLE,
    rule: `durable-first.${what}`,
    kind: obstacle,
    node,
    channel: channelName(world, state.channelId),
    message:
      obstacle === 'never-stored'
        ? `${node} let ${factText(fact)} leave, and no state that it has stored says so: after a crash it would know nothing of it`
        : `${node} let ${factText(fact)} leave before what makes it true was durable: ${track.barrier.describe()}`,
    expected: obstacle === 'never-stored' ? `a store that contains ${factText(fact)}, then that` : `these writes, then ${factText(fact)}`,
    actual: obstacle === 'never-stored' ? 'no stored state contains it' : `${factText(fact)}, then ${track.barrier.describe()}`,
  });
}

export function broken({ world, node, state }: Place, rule: string, kind: Broken | false | undefined, about: string): Finding | undefined {
  if (kind === undefined || kind === false) return undefined;
  const channel = channelName(world, state.channelId);
  return finding(world, {
    oracle: ORACLE,
    rule,
    kind,
    node,
    channel,
    message: `${node} ${WORDS[kind]}: ${about}`,
    expected: 'never',
    actual: about,
  });
}
