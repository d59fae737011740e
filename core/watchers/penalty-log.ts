import { Log } from '../monitor/log.ts';
import type { SealedPenalties } from './messages.ts';

/** Sealed penalties in the order in which they came, found by their hint; as a value, which costs what is added. */
export class PenaltyLog {
  readonly log: Log<SealedPenalties>;
  /** Where each stands. Shared with every log that grew from this one: what is beyond its end is theirs. */
  readonly #places: Map<string, number>;

  constructor(log = new Log<SealedPenalties>(), places = placesOf(log)) {
    this.log = log;
    this.#places = places;
  }

  with(more: readonly SealedPenalties[]): PenaltyLog {
    const log = this.log.with(more);
    // A second continuation of an older one has places of its own.
    if (this.#places.size !== this.log.length) return new PenaltyLog(log);
    for (const [at, { hint }] of more.entries()) this.#places.set(hint, this.log.length + at);
    return new PenaltyLog(log, this.#places);
  }

  find(hint: string): SealedPenalties | undefined {
    const at = this.#places.get(hint);
    return at === undefined ? undefined : this.log.at(at);
  }
}

function placesOf(log: Log<SealedPenalties>): Map<string, number> {
  return new Map(log.first(log.length).map(({ hint }, at) => [hint, at]));
}
