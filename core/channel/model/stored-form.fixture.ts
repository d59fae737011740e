import { firstDifference } from '../../../sim/oracles/compare.ts';
import type { ChannelState } from './state.ts';
import { decodeChannel, encodeChannel } from './stored-form.ts';

/**
 * Every state of every test goes through its stored form, and must come back equal, field by field: what a restart finds is what there was.
 * Returns it, so that a fixture can put it between a step and what it keeps.
 */
export function storable<S extends ChannelState>(state: S): S {
  if (state.phase === 'opening' || state.phase === 'forgotten') return state;
  const decoded = decodeChannel(encodeChannel(state));
  if (!decoded.ok) throw new Error(`not stored: ${decoded.error.field}: ${decoded.error.detail}`);
  const difference = firstDifference(decoded.value, state);
  if (difference !== undefined) throw new Error(`stored otherwise: ${difference.path}`);
  return state;
}
