import type { Operation } from './registry.ts';
import { adversaryOperations } from './adversarial.ts';
import { channelOperations } from './channels.ts';
import { faultOperations } from './faults.ts';
import { paymentOperations } from './payments.ts';
import { wireOperations } from './corruption.ts';

/** Everything that users do and that goes wrong, built in. Their order is part of the generator's version: append, never insert. */
export const BUILT_IN_OPERATIONS: readonly Operation[] = [
  ...paymentOperations,
  ...channelOperations,
  ...faultOperations,
  ...adversaryOperations,
  ...wireOperations,
];
