import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';

/** Stored bytes as text that is kept and compared: 64 of them a line. */
export function hexLines(bytes: Uint8Array): string {
  return `${
    toHex(bytes)
      .match(/.{1,128}/g)
      ?.join('\n') ?? ''
  }\n`;
}

export function fromHexLines(text: string): Uint8Array {
  return fromHex(text.replaceAll('\n', '') as Hex);
}

/** Makes stored bytes say that they are of this version. */
export function claimVersion(bytes: Uint8Array, version: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(0, version);
}
