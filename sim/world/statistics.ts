/** What a run did, counted by group and name. */
export class Statistics {
  /** Inputs that nodes took. */
  steps: number;
  /** Messages that arrived. */
  messages: number;
  readonly counts: Map<StatisticsGroup, Map<string, number>>;

  constructor(from?: Statistics) {
    this.steps = from?.steps ?? 0;
    this.messages = from?.messages ?? 0;
    this.counts = new Map(from === undefined ? [] : [...from.counts].map(([group, names]) => [group, new Map(names)]));
  }

  count(group: StatisticsGroup, name: string, times = 1): void {
    let names = this.counts.get(group);
    if (names === undefined) this.counts.set(group, (names = new Map()));
    names.set(name, (names.get(name) ?? 0) + times);
  }

  get(group: StatisticsGroup, name: string): number {
    return this.counts.get(group)?.get(name) ?? 0;
  }

  /** `message:channel_reestablish`, `event:channel_usable`: whether it was counted at least once. */
  reached(milestone: string): boolean {
    const colon = milestone.indexOf(':');
    return this.counts.get(milestone.slice(0, colon) as StatisticsGroup)?.has(milestone.slice(colon + 1)) === true;
  }

  /** As plain data, names in the order of their first occurrence: so are the others. */
  get messageTypes(): Readonly<Record<string, number>> {
    return this.plain('message');
  }

  get actions(): Readonly<Record<string, number>> {
    return this.plain('action');
  }

  get refused(): Readonly<Record<string, number>> {
    return this.plain('refused');
  }

  get events(): Readonly<Record<string, number>> {
    return this.plain('event');
  }

  get outcomes(): Readonly<Record<string, number>> {
    return this.plain('outcome');
  }

  private plain(group: StatisticsGroup): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts.get(group) ?? []);
  }
}

export type StatisticsGroup =
  'message' | 'action' | 'refused' | 'rule' | 'event' | 'outcome' | 'unasked' | 'asked' | 'fired' | 'topology' | 'chain';
