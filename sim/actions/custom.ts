import type { ActionKind } from './action-kind.ts';
import { field } from '../scenario/fields.ts';
import type { ActionFrom } from '../scenario/fields.ts';

/** An operation of a project's own, namespaced: `acme/foo`. */
const fields = { operation: field.operation, args: field.object };
type Custom = ActionFrom<'custom', typeof fields>;

export const custom: ActionKind<Custom> = {
  name: 'custom',
  fields,
  apply: (world, { operation, args }, operations) => operations?.custom(operation)?.apply(world, args) === 'applied',
  describe: ({ operation, args }) => `${operation} ${JSON.stringify(args)}`,
};
