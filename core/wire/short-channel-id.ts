/** BOLT 7, Definition of short_channel_id: where the funding output stands in the chain. */
export interface ChannelPlace {
  /** Below 2^24, like `txIndex`. */
  readonly blockHeight: number;
  /** Of the transaction in its block. */
  readonly txIndex: number;
  /** Below 2^16. */
  readonly outputIndex: number;
}

const MAX_24_BITS = 0xffffff;
const MAX_16_BITS = 0xffff;

/** Throws a RangeError for what has no short_channel_id. */
export function shortChannelIdOf({ blockHeight, txIndex, outputIndex }: ChannelPlace): bigint {
  const fits = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
  if (!fits(blockHeight, MAX_24_BITS) || !fits(txIndex, MAX_24_BITS) || !fits(outputIndex, MAX_16_BITS))
    throw new RangeError(`${blockHeight}x${txIndex}x${outputIndex} is no short_channel_id`);
  return (BigInt(blockHeight) << 40n) | (BigInt(txIndex) << 16n) | BigInt(outputIndex);
}

export function placeOfChannel(shortChannelId: bigint): ChannelPlace {
  return {
    blockHeight: Number(shortChannelId >> 40n),
    txIndex: Number((shortChannelId >> 16n) & 0xffffffn),
    outputIndex: Number(shortChannelId & 0xffffn),
  };
}

/** The form for people: `539268x845x1`. */
export function printShortChannelId(shortChannelId: bigint): string {
  const { blockHeight, txIndex, outputIndex } = placeOfChannel(shortChannelId);
  return `${blockHeight}x${txIndex}x${outputIndex}`;
}

/** Undefined for what is no short_channel_id: three decimal numbers without leading zeros, in range. */
export function parseShortChannelId(text: string): bigint | undefined {
  const [, block, index, output] = /^(0|[1-9]\d{0,7})x(0|[1-9]\d{0,7})x(0|[1-9]\d{0,4})$/.exec(text) ?? [];
  const [blockHeight, txIndex, outputIndex] = [Number(block), Number(index), Number(output)];
  const isInRange = blockHeight <= MAX_24_BITS && txIndex <= MAX_24_BITS && outputIndex <= MAX_16_BITS;
  return isInRange ? shortChannelIdOf({ blockHeight, txIndex, outputIndex }) : undefined;
}
