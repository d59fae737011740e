/** What a run did, counted by group and name. */
export class Statistics {
  steps: number;
  messages: number;
  readonly counts: Map<string, Map<string, number>>;

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

  /** As plain data, names in the order of their first occurrence. */
  summary(): StatisticsSummary {
    const group = (name: StatisticsGroup): Readonly<Record<string, number>> => Object.fromEntries(this.counts.get(name) ?? []);
    return {
      steps: this.steps,
      messages: this.messages,
      messageTypes: group('message'),
      actions: group('action'),
      refused: group('refused'),
      events: group('event'),
      outcomes: group('outcome'),
    };
  }
}

export type StatisticsGroup = 'message' | 'action' | 'refused' | 'event' | 'outcome';

export interface StatisticsSummary {
  /** Inputs that nodes took. */
  readonly steps: number;
  /** Messages that arrived. */
  readonly messages: number;
  readonly messageTypes: Readonly<Record<string, number>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
}
