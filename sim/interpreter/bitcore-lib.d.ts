/** What is used of bitcore-lib, which has no types of its own. Its Buffers are opaque here. */
declare module 'bitcore-lib' {
  export type BitcoreBuffer = Uint8Array & { readonly brand?: 'BitcoreBuffer' };

  export interface BitcoreScript {
    toBuffer(): BitcoreBuffer;
  }

  export interface BitcoreInput {
    readonly script: BitcoreScript;
    /** Null in a transaction serialised without witnesses. */
    getWitnesses(): readonly BitcoreBuffer[] | null;
  }

  export interface BitcoreTransaction {
    readonly inputs: readonly BitcoreInput[];
    verifySignature(
      signature: BitcoreBuffer,
      publicKey: BitcoreBuffer,
      input: number,
      subscript: BitcoreScript,
      version: number,
      satoshis: number,
    ): boolean;
  }

  export interface BitcoreInterpreter {
    errstr: string;
    checkSignatureEncoding(signature: BitcoreBuffer): boolean;
    checkPubkeyEncoding(publicKey: BitcoreBuffer): boolean;
    verify(
      scriptSig: BitcoreScript,
      scriptPubkey: BitcoreScript,
      tx: BitcoreTransaction,
      input: number,
      flags: number,
      witness: readonly BitcoreBuffer[],
      satoshis: number,
    ): boolean;
  }

  export interface BitcoreWriter {
    writeVarintNum(n: number): BitcoreWriter;
    write(bytes: BitcoreBuffer): BitcoreWriter;
    writeUInt64LEBN(n: unknown): BitcoreWriter;
    toBuffer(): BitcoreBuffer;
  }

  export interface Bitcore {
    readonly Script: (new (bytes: BitcoreBuffer) => BitcoreScript) & {
      readonly Interpreter: { new (): BitcoreInterpreter } & Readonly<Record<string, number>>;
    };
    readonly Transaction: (new (bytes: BitcoreBuffer) => BitcoreTransaction) & {
      readonly SighashWitness: {
        sighash(tx: BitcoreTransaction, type: number, input: number, scriptCode: BitcoreBuffer, satoshis: BitcoreBuffer): BitcoreBuffer;
      };
    };
    readonly PublicKey: { fromBuffer(bytes: BitcoreBuffer, strict?: boolean): unknown };
    readonly crypto: {
      readonly BN: new (n: number) => unknown;
      readonly Signature: { fromTxFormat(bytes: BitcoreBuffer): unknown; isTxDER(bytes: BitcoreBuffer): boolean };
    };
    readonly encoding: { readonly BufferWriter: new () => BitcoreWriter };
    readonly deps: { readonly Buffer: { from(hex: string, encoding: 'hex'): BitcoreBuffer } };
  }

  const bitcore: Bitcore;
  // oxlint-disable-next-line import/no-default-export
  export default bitcore;
}
