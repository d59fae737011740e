import { parseTx } from '../../core/bitcoin/parse.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { RawTx } from '../../core/crypto/bytes.ts';

let last: { readonly raw: RawTx; readonly tx: Tx | undefined } | undefined;

/** `parseTx`, once for all that ask about the same transaction one after another. */
export function parseOnce(raw: RawTx): Tx | undefined {
  if (last?.raw !== raw) last = { raw, tx: parseTx(raw) };
  return last.tx;
}
