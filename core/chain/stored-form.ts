import type { Tx, TxInput, TxOutput } from '../bitcoin/tx.ts';
import type { Hex } from '../crypto/bytes.ts';
import * as codec from '../wire/codec.ts';
import type { Codec } from '../wire/codec.ts';
import { items } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type { ChainPoint, ConfirmedTx } from './update.ts';
import type { View } from './view.ts';

/** How transactions and a view of the chain stand in the stored form of what keeps them, which brings the version. */
const { hash32, script, struct, txid, u32, u64 } = codec;

const hex: Codec<Hex> = codec.longBytes(0xffffffff);
const input = struct({ txid, vout: u32, sequence: u32, scriptSig: script, witness: items(hex) } satisfies FieldsOf<TxInput>);
const output = struct({ amountSat: u64, script } satisfies FieldsOf<TxOutput>);

export const storedTx: Codec<Tx> = struct({
  version: u32,
  locktime: u32,
  inputs: items(input),
  outputs: items(output),
} satisfies FieldsOf<Tx>);

export const storedPoint: Codec<ChainPoint> = struct({ height: u32, hash: hash32 } satisfies FieldsOf<ChainPoint>);
const confirmed: Codec<ConfirmedTx> = struct({
  height: u32,
  index: u32,
  blockHash: hash32,
  txid,
  tx: storedTx,
} satisfies FieldsOf<ConfirmedTx>);

export const storedView: Codec<View> = struct({ tip: storedPoint, transactions: items(confirmed) } satisfies FieldsOf<View>);
