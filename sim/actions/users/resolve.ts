import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import type { PaymentRecord } from '../../scenario/types.ts';
import { resolve } from '../../world/users.ts';
import type { World } from '../../world/world.ts';
import type { Operation } from '../registry.ts';
import { runningHost } from '../subjects.ts';

/** What the receiver of a payment decides. */
const fields = { node: field.node, payment: field.payment };
type Decision = 'fulfill' | 'fail' | 'fail_malformed';
type Resolve<D extends Decision> = ActionFrom<D, typeof fields>;

/** Its node has presented it since it started last, which it does not where the chain has taken back the funding; and its host has not decided. */
function isDecidable(world: World, { name, to, decision: decided }: PaymentRecord): boolean {
  return decided === undefined && runningHost(world, to)?.presented.some(({ payment }) => payment === name) === true;
}

function decision<D extends Decision>(
  name: D,
  describe: (action: Resolve<D>) => string,
  drawn: Partial<Operation>,
): ActionKind<Resolve<D>> {
  return {
    name: name as Resolve<D>['do'],
    fields,
    apply(world, { node, payment }) {
      const record = world.ledger.get(payment);
      if (record?.to !== node || !isDecidable(world, record)) return false;
      return resolve(world, world.host(node), payment, name);
    },
    describe,
    operations: [
      {
        name,
        kind: 'operation',
        ...drawn,
        generate(world, choices) {
          const waiting = world.payments.filter((payment) => isDecidable(world, payment));
          if (waiting.length === 0) return undefined;
          const { name: chosen, to } = pick(choices, waiting);
          return { do: name as Decision, node: to, payment: chosen };
        },
      },
    ],
  };
}

export const fulfill = decision('fulfill', ({ node, payment }) => `${node} fulfils ${payment}`, { weight: 16, besideAdversary: [12, 36] });
export const fail = decision('fail', ({ node, payment }) => `${node} fails ${payment}`, { weight: 8 });
export const failMalformed = decision('fail_malformed', ({ node, payment }) => `${node} fails ${payment} as malformed`, { weight: 2 });
