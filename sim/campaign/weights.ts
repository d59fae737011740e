import type { Operation, OperationRegistry } from '../actions/registry.ts';
import { between, chance, pick, pickWeighted, shuffle } from '../deterministic/random.ts';
import type { Choices } from '../deterministic/random.ts';
import type { CampaignOptions } from '../run/seed.ts';
import type { Traits } from './draw-world.ts';
import type { WeightedOperation } from '../strategies/weighted.ts';

/** Of an operation that says nothing else. */
const DEFAULT_WEIGHT = 6;
const DEFAULT_FACTORS: readonly number[] = [0, 0, 1, 1, 2, 6];

/** What a run of the plain strategies does: no licences. */
export function plainOperations(registry: OperationRegistry, isNetwork = false): WeightedOperation[] {
  return registry.all
    .filter(({ licences = [], needs }) => licences.length === 0 && (isNetwork || needs !== 'network'))
    .map((operation) => ({ operation, weight: operation.weight ?? DEFAULT_WEIGHT }));
}

/**
 * Each seed leaves out about a third of the operations and weighs the others anew: what all runs do, no run goes deep into. Without some a
 * run would stand still after its first fault, or carry nothing: those are in all of them.
 */
export function swarmOperations(choices: Choices, registry: OperationRegistry, { feesMove, isNetwork }: Traits): WeightedOperation[] {
  return plainOperations(registry, isNetwork).map(({ operation, weight }) => {
    if (operation.needs === 'moving-fees' && !feesMove) return { operation, weight: 0 };
    return { operation, weight: weight * pick(choices, operation.factors ?? DEFAULT_FACTORS) };
  });
}

function isDrawnIn({ feesMove, isNetwork }: Traits, { needs }: Operation): boolean {
  return (feesMove || needs !== 'moving-fees') && (isNetwork || needs !== 'network');
}

function isHostile({ licences = [] }: Operation): boolean {
  return licences.includes('adversary');
}

/** What may go wrong beyond what honest nodes must bear; nothing in most runs. */
export function licensedOperations(
  choices: Choices,
  registry: OperationRegistry,
  { licensedPercent }: CampaignOptions,
  traits: Traits,
): WeightedOperation[] {
  if (!chance(choices, licensedPercent, 100)) return [];
  // Some meet an adversary: it alone comes to what honest nodes never do. It costs channels, so others are opened; and it has to wait for
  // payments that are resolved, so there are more.
  if (chance(choices, 1, 5)) {
    return registry.all
      .filter((operation) => operation.needs !== 'network' || traits.isNetwork)
      .flatMap((operation): WeightedOperation[] => {
        if (isHostile(operation)) return [{ operation, weight: between(choices, 48, 96) }];
        const [least, most] = operation.besideAdversary ?? [];
        return least === undefined || most === undefined ? [] : [{ operation, weight: between(choices, least, most) }];
      });
  }
  const licensed = shuffle(
    choices,
    registry.all.filter((operation) => (operation.licences ?? []).length > 0 && !isHostile(operation) && isDrawnIn(traits, operation)),
  );
  const drawn = licensed.slice(0, pickWeighted(choices, [0, 1, 1]));
  const losing = drawn.find(({ name }) => name === 'stale-backup');
  const closing = licensed.find(({ name }) => name === 'force_close');
  // Old data is worst where the peer has failed the channel meanwhile: `stale-backup` sees to that, where it may and comes before `restart`.
  if (losing !== undefined && closing !== undefined && chance(choices, 2, 3))
    return [
      { operation: losing, weight: between(choices, 24, 72) },
      { operation: closing, weight: 1 },
    ];
  const operations = drawn.map((operation) => ({ operation, weight: between(choices, 2, 12) }));
  // A channel that fails while it closes has two transactions to choose from: where one may fail, more of them close.
  const shutdown = registry.get('shutdown');
  if (shutdown === undefined || closing === undefined || !drawn.includes(closing) || !chance(choices, 1, 2)) return operations;
  return [...operations, { operation: closing, weight: 24 }, { operation: shutdown, weight: 24 }];
}

export function licencesOf(operations: readonly WeightedOperation[]): readonly string[] {
  return [...new Set(operations.flatMap(({ operation }) => operation.licences ?? []))];
}

/** A campaign of one channel type opens no other. What is drawn stays the same. */
export function withChannelType(operations: readonly WeightedOperation[], { channelType }: CampaignOptions): readonly WeightedOperation[] {
  if (channelType === undefined) return operations;
  return operations.map(({ operation, weight }) => {
    const generate: Operation['generate'] = (world, choices) => {
      const action = operation.generate(world, choices);
      return action?.do === 'open' ? { ...action, format: channelType } : action;
    };
    return { operation: { ...operation, generate }, weight };
  });
}
