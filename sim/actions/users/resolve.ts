import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { resolve } from '../../world/users.ts';
import type { Operation } from '../registry.ts';
import { runningHost } from '../subjects.ts';

/** What the receiver of a payment decides. */
const fields = { node: field.node, payment: field.payment };
type Decision = 'fulfill' | 'fail' | 'fail_malformed';
type Resolve<D extends Decision> = ActionFrom<D, typeof fields>;

function decision<D extends Decision>(
  name: D,
  describe: (action: Resolve<D>) => string,
  drawn: Partial<Operation>,
): ActionKind<Resolve<D>> {
  return {
    name: name as Resolve<D>['do'],
    fields,
    apply(world, { node, payment }) {
      const host = runningHost(world, node);
      const record = world.ledger.get(payment);
      if (host === undefined || record?.to !== node || !record.received || record.decision !== undefined) return false;
      return resolve(world, host, payment, name);
    },
    describe,
    operations: [
      {
        name,
        kind: 'operation',
        ...drawn,
        generate(world, choices) {
          const waiting = world.payments.filter((p) => p.received && p.decision === undefined && world.host(p.to).running);
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
