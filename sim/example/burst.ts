import type { Choices, CustomOperation, World } from '../index.ts';
import { apply } from '../index.ts';

/** What a burst says in a scenario: `{ "do": "custom", "operation": "acme/burst", "args": { ... } }`. */
interface Burst {
  readonly as: string;
  readonly from: string;
  readonly channel: string;
  /** Decimal strings, as everywhere in scenarios. */
  readonly amountsMsat: readonly string[];
}

const LONGEST = 8;
const MAX_AMOUNT_MSAT = 5_000_000;

function isBurst(args: Readonly<Record<string, unknown>>): args is Readonly<Record<string, unknown>> & Burst {
  const { as, from, channel, amountsMsat } = args;
  const names = [as, from, channel].every((name) => typeof name === 'string');
  return names && Array.isArray(amountsMsat) && amountsMsat.every((amount) => typeof amount === 'string' && /^\d+$/.test(amount));
}

function draw(world: World, choices: Choices): Burst | undefined {
  const open = world.channels.filter(({ name, opener }) => world.channelState(opener, name)?.phase === 'funded');
  const channel = open[choices.int(Math.max(1, open.length))];
  if (channel === undefined) return undefined;
  const from = choices.int(2) === 0 ? channel.opener : channel.accepter;
  const amountsMsat = Array.from({ length: 2 + choices.int(LONGEST - 1) }, () => String(1 + choices.int(MAX_AMOUNT_MSAT)));
  return { as: `burst${world.payments.length}`, from, channel: channel.name, amountsMsat };
}

/** Several payments at once, before anything is delivered: what a shop does when its queue is flushed. */
export const burst: CustomOperation = {
  name: 'acme/burst',
  kind: 'operation',
  generate(world, choices) {
    const args = draw(world, choices);
    return args && { do: 'custom', operation: 'acme/burst', args: { ...args } };
  },
  validate: (args) => (isBurst(args) ? undefined : 'a burst has as, from, channel and amountsMsat'),
  apply(world, args) {
    if (!isBurst(args)) return 'not-applicable';
    const { as, from, channel, amountsMsat } = args;
    const paid = amountsMsat.map((amountMsat, i) =>
      apply(world, { do: 'pay', as: `${as}-${i}`, from, channel, amountMsat, cltvDelta: 144 }),
    );
    return paid.includes('applied') ? 'applied' : 'not-applicable';
  },
  *shrink(args) {
    if (!isBurst(args)) return;
    const { amountsMsat } = args;
    for (let i = 0; i < amountsMsat.length && amountsMsat.length > 1; i++) yield { ...args, amountsMsat: amountsMsat.toSpliced(i, 1) };
    if (amountsMsat.some((amount) => amount !== '1000000')) yield { ...args, amountsMsat: amountsMsat.map(() => '1000000') };
  },
};
