/** One generator of the package seedrandom, without its entry point, which seeds itself from the platform when it loads. */
declare module 'seedrandom/lib/xor128.js' {
  export interface Xor128State {
    readonly x: number;
    readonly y: number;
    readonly z: number;
    readonly w: number;
  }
  export interface Xor128 {
    /** In [0, 1), 32 bits. */
    (): number;
    int32(): number;
    state(): Xor128State;
  }
  // The package is CommonJS: its one export is the default.
  // oxlint-disable-next-line import/no-default-export
  export default function xor128(seed: string, options: { readonly state: Xor128State | true }): Xor128;
}
