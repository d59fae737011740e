import { base58check, bech32, bech32m } from '@scure/base';
import type { Hex, Script } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { Network } from './amount.ts';
import { toWords, wholeBytes } from './words.ts';
import type { Words } from './words.ts';

/** BOLT 11, field `f`: where the invoice may be paid on chain, by what the address commits to. */
export type Fallback =
  | { readonly kind: 'p2pkh'; readonly hash: Hex }
  | { readonly kind: 'p2sh'; readonly hash: Hex }
  | { readonly kind: 'witness'; readonly version: number; readonly program: Hex };

const P2PKH = 17;
const P2SH = 18;
const MAX_WITNESS_VERSION = 16;
const HASH_SIZE = 20;

/** Undefined for a version that isn't known, or a length that its kind doesn't have: BOLT 11 skips such a field. */
export function readFallback([version, ...words]: Words): Fallback | undefined {
  const program = wholeBytes(words);
  const hash = toHex(program);
  if (version === P2PKH) return program.length === HASH_SIZE ? { kind: 'p2pkh', hash } : undefined;
  if (version === P2SH) return program.length === HASH_SIZE ? { kind: 'p2sh', hash } : undefined;
  if (version === undefined || version > MAX_WITNESS_VERSION || !isProgram(version, program.length)) return undefined;
  return { kind: 'witness', version, program: hash };
}

/** BIP 141: of 2 to 40 bytes; of version 0, 20 or 32. */
function isProgram(version: number, length: number): boolean {
  return version === 0 ? length === HASH_SIZE || length === 32 : length >= 2 && length <= 40;
}

/** Throws a RangeError for what `readFallback` would not read. */
export function writeFallback(fallback: Fallback): Words {
  const words = [versionOf(fallback), ...toWords(fromHex(fallback.kind === 'witness' ? fallback.program : fallback.hash))];
  if (readFallback(words) === undefined) throw new RangeError('a fallback address of no such kind');
  return words;
}

function versionOf(fallback: Fallback): number {
  if (fallback.kind === 'witness') return fallback.version;
  return fallback.kind === 'p2pkh' ? P2PKH : P2SH;
}

/** The script that pays to it. */
export function fallbackScript(fallback: Fallback): Script {
  switch (fallback.kind) {
    case 'p2pkh':
      return `76a914${fallback.hash}88ac` as Script;
    case 'p2sh':
      return `a914${fallback.hash}87` as Script;
    case 'witness': {
      const opcode = fallback.version === 0 ? 0 : 0x50 + fallback.version;
      const push = fallback.program.length / 2;
      return (toHex(Uint8Array.of(opcode, push)) + fallback.program) as Script;
    }
  }
}

const VERSION_BYTES: Readonly<Record<Network, { readonly p2pkh: string; readonly p2sh: string; readonly witness: string }>> = {
  bitcoin: { p2pkh: '00', p2sh: '05', witness: 'bc' },
  testnet: { p2pkh: '6f', p2sh: 'c4', witness: 'tb' },
  signet: { p2pkh: '6f', p2sh: 'c4', witness: 'tb' },
  regtest: { p2pkh: '6f', p2sh: 'c4', witness: 'bcrt' },
};

/** The address as people write it (BIP 13, BIP 173, BIP 350). */
export function fallbackAddress(crypto: Crypto, network: Network, fallback: Fallback): string {
  const prefixes = VERSION_BYTES[network];
  if (fallback.kind !== 'witness') return base58check(crypto.sha256).encode(fromHex(prefixes[fallback.kind] + fallback.hash));
  const words = [fallback.version, ...toWords(fromHex(fallback.program))];
  return (fallback.version === 0 ? bech32 : bech32m).encode(prefixes.witness, words);
}
