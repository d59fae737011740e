import { bytes, fixedArray, struct, u32 } from './codec.ts';
import type { TypeOf } from './codec.ts';

/** BOLT 4: 20 hold times, and 210 HMACs truncated to 4 bytes each, kept together. */
export const attributionData = struct({ htlcHoldTimes: fixedArray(u32, 20), truncatedHmacs: bytes(210 * 4) });
export type AttributionData = TypeOf<typeof attributionData>;
