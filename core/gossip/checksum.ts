/** Of the polynomial of CRC32C, its bits reversed. */
const CASTAGNOLI = 0x82f63b78;
/** Type and signature, and where the timestamp stands behind chain_hash and short_channel_id. */
const HEAD = 2 + 64;
const BEFORE_TIMESTAMP = 32 + 8;
const TIMESTAMP = 4;

/** RFC 3720, appendix B.4. */
export function crc32c(bytes: Iterable<number>): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ CASTAGNOLI : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** BOLT 7, query_channel_range: of a channel_update without its signature and timestamp. */
export function checksumOfUpdate(update: Uint8Array): number {
  const signed = update.subarray(HEAD);
  return crc32c([...signed.subarray(0, BEFORE_TIMESTAMP), ...signed.subarray(BEFORE_TIMESTAMP + TIMESTAMP)]);
}
