import type { Hex, PublicKey, Script } from '../crypto/bytes.ts';
import { hash160Hex, sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { byteLength, compactSize, u8 } from './encode.ts';

/** A push of a number as minimally as policy asks: OP_0 to OP_16, else the bytes of a script number; `n` in [0, 2^53). */
export function pushNumber(n: number): Hex {
  if (n === 0) return '00';
  if (n <= 16) return u8(0x50 + n);
  let bytes = '';
  let last = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) {
    last = rest % 256;
    bytes += u8(last);
  }
  // The top bit is the sign.
  if (last >= 0x80) bytes += '00';
  return u8(byteLength(bytes)) + bytes;
}

/** `OP_0 <SHA256(witnessScript)>`. */
export function p2wsh(crypto: Crypto, witnessScript: Script): Script {
  return ('0020' + sha256Hex(crypto, witnessScript)) as Script;
}

/** `OP_0 <HASH160(key)>`. */
export function p2wpkh(crypto: Crypto, key: PublicKey): Script {
  return ('0014' + hash160Hex(crypto, key)) as Script;
}

/** The script code that a P2WPKH input signs (BIP 143), and the scriptPubKey of P2PKH. */
export function p2pkh(crypto: Crypto, key: PublicKey): Script {
  return ('76a914' + hash160Hex(crypto, key) + '88ac') as Script;
}

/** Version and program of a witness program (BIP 141), or undefined. */
export function witnessProgram(script: Script): { readonly version: number; readonly program: Hex } | undefined {
  const length = byteLength(script);
  if (length < 4 || length > 42) return undefined;
  const opcode = parseInt(script.slice(0, 2), 16);
  if (opcode !== 0 && (opcode < 0x51 || opcode > 0x60)) return undefined;
  if (parseInt(script.slice(2, 4), 16) !== length - 2) return undefined;
  return { version: opcode === 0 ? 0 : opcode - 0x50, program: script.slice(4) };
}

export type ScriptKind = 'p2pkh' | 'p2sh' | 'p2wpkh' | 'p2wsh' | 'segwit' | 'op_return' | 'other';

/** What a scriptPubKey is. `segwit` is any witness program of version 1 to 16; a version 0 program of another length is `other`. */
export function scriptKind(script: Script): ScriptKind {
  const program = witnessProgram(script);
  if (program !== undefined && program.version > 0) return 'segwit';
  if (program?.program.length === 40) return 'p2wpkh';
  if (program?.program.length === 64) return 'p2wsh';
  if (/^76a914[0-9a-f]{40}88ac$/.test(script)) return 'p2pkh';
  if (/^a914[0-9a-f]{40}87$/.test(script)) return 'p2sh';
  return script.startsWith('6a') ? 'op_return' : 'other';
}

/**
 * The smallest amount in satoshis that Bitcoin Core relays in an output with this script (BOLT 3, Dust Limits): what the output and
 * the cheapest input that spends it weigh, at 3 sat/vB. Zero for OP_RETURN.
 */
export function dustThresholdSat(script: Script): bigint {
  if (script.startsWith('6a')) return 0n;
  const length = byteLength(script);
  const output = 8 + byteLength(compactSize(length)) + length;
  const input = witnessProgram(script) === undefined ? 148 : 67;
  return BigInt(3 * (output + input));
}

/** BOLT 2, shutdown, form 4: one push of 6 to 80 bytes, minimally encoded. */
function isShutdownOpReturn(script: Script): boolean {
  const opcode = parseInt(script.slice(2, 4), 16);
  if (!script.startsWith('6a')) return false;
  if (opcode >= 6 && opcode <= 75) return byteLength(script) === 2 + opcode;
  const length = parseInt(script.slice(4, 6), 16);
  return opcode === 76 && length >= 76 && length <= 80 && byteLength(script) === 3 + length;
}

/** Whether `scriptpubkey` has one of the forms that BOLT 2 allows in `shutdown` with what has been negotiated. */
export function isShutdownScript(script: Script, negotiated: { readonly anysegwit: boolean; readonly simpleClose: boolean }): boolean {
  const kind = scriptKind(script);
  if (kind === 'p2wpkh' || kind === 'p2wsh') return true;
  if (kind === 'segwit') return negotiated.anysegwit;
  return negotiated.simpleClose && isShutdownOpReturn(script);
}
