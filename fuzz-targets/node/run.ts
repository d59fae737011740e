import type { Operation, Prologue } from './grammar.ts';
import { parseText, PROLOGUES } from './grammar.ts';
import { World } from './world.ts';
import type { Listener } from './world.ts';

/** How the worlds that an input may start from come about: a channel that peer 0 opened, and one that the user opened to peer 1. */
const TEXTS: Readonly<Record<Prologue, string>> = {
  nothing: '',
  connected: 'play 0\nplay 1',
  open: 'play 0\nplay 1\nsay 0 open_channel 0\naccept 0\nplay 0\nopen 1 0\nplay 1\nfund 0\nplay 1\nmine\nplay 0\nplay 1',
  paying:
    'say 0 update_add_htlc 0\nsay 0 update_add_htlc 1\nplay 0\nsay 1 update_add_htlc 64\nplay 1\npay 0 0\npay 0 9\nplay 0\npay 1 16\nplay 1',
};

const made = new Map<Prologue, World>();

/** The world after a prologue. States are values, so it is made once and continued from copies. */
function prologue(name: Prologue): World | undefined {
  if (name === 'nothing') return undefined;
  let world = made.get(name);
  if (world === undefined) {
    world = new World(name === 'paying' ? prologue('open') : undefined);
    for (const operation of parseText(TEXTS[name])) world.apply(operation);
    made.set(name, world);
  }
  return world;
}

/** Everything that the operations say, one after the other. `listen` hears what is said after the prologue; `each` sees every operation first. */
export function run(operations: readonly Operation[], listen: Listener = () => {}, each: (operation: Operation) => void = () => {}): World {
  const [first] = operations;
  const world = new World(prologue(first?.name === 'from' ? (PROLOGUES[first.args[0] as number] ?? 'nothing') : 'nothing'));
  world.listen = listen;
  for (const operation of operations) {
    each(operation);
    world.apply(operation);
  }
  return world;
}
