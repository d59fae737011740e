import type { ChannelId, Hash32 } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { withContent } from './messages.ts';
import type { Content } from './messages.ts';
import { noUpdates } from './statements.ts';
import type { Prefix } from './statements.ts';

/** An update that some watcher has not acknowledged. */
interface Pending extends Prefix {
  readonly content: Content;
  readonly waiting: readonly string[];
}

/** What watchers of one kind are told of a channel: what every one of them holds is folded into `base`. */
export interface Feed {
  readonly base: Prefix;
  readonly pending: readonly Pending[];
}

export function newFeed(crypto: Crypto, channelId: ChannelId): Feed {
  return { base: noUpdates(crypto, channelId), pending: [] };
}

export function newest({ base, pending }: Feed): Prefix {
  return pending.at(-1) ?? base;
}

/** What the updates up to this number are; undefined where that is too long ago, or to come. */
export function prefixAt({ base, pending }: Feed, number: number): Prefix | undefined {
  return base.number === number ? base : pending[number - base.number - 1];
}

/**
 * With an update that all of these watchers are to hold. The node tells each of them by itself, in order, and again after a restart.
 *
 * @throws RangeError when an update before it is missing: the host has lost what it kept of this feed.
 */
export function withPending(crypto: Crypto, feed: Feed, watchers: readonly string[], number: number, content: Content): Feed {
  const { base, pending } = feed;
  const last = newest(feed);
  if (number <= last.number) return feed;
  if (number > last.number + 1) throw new RangeError(`update ${number} came, and what is kept ends at ${last.number}`);
  const { chain } = withContent(crypto, last, content);
  return { base, pending: [...pending, { number, chain, content, waiting: watchers }] };
}

/** This watcher holds all up to a number, or is no more. */
export function withoutWaiting({ base, pending }: Feed, watcher: string, upTo: number): Feed {
  const left = pending.map((one) =>
    one.number > upTo || !one.waiting.includes(watcher) ? one : { ...one, waiting: one.waiting.filter((name) => name !== watcher) },
  );
  const first = left.findIndex(({ waiting }) => waiting.length > 0);
  const done = first < 0 ? left.length : first;
  const last = left[done - 1];
  return { base: last === undefined ? base : { number: last.number, chain: last.chain }, pending: left.slice(done) };
}

/** Whether a watcher that says this holds what was told. Undefined where that is too long ago to be known. */
export function agrees(feed: Feed, { number, chain }: { readonly number: number; readonly chain: Hash32 }): boolean | undefined {
  if (number > newest(feed).number) return false;
  const prefix = prefixAt(feed, number);
  return prefix === undefined ? undefined : prefix.chain === chain;
}
