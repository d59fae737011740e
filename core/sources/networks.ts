import type { Hex } from '../crypto/bytes.ts';
import type { WorkRules } from './proof-of-work.ts';

/** A Bitcoin network, as sources know it. */
export interface Network {
  /** As Bitcoin Core calls it. */
  readonly name: string;
  readonly work: WorkRules;
  /** The first four bytes of each of its messages. */
  readonly magic: Hex;
  /** The header of its first block. */
  readonly genesis: Hex;
}

const MAIN: WorkRules = { limitBits: 0x1d00ffff, retargets: true, easyWhenLate: false, fromFirst: false };
/** Of one coinbase: that of the main network, testnet3, signet and regtest alike. */
const ROOT = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a';

function genesis(root: Hex, rest: Hex): Hex {
  return `01000000${'00'.repeat(32)}${root}${rest}`;
}

export const NETWORKS = {
  bitcoin: { name: 'main', work: MAIN, magic: 'f9beb4d9', genesis: genesis(ROOT, '29ab5f49ffff001d1dac2b7c') },
  testnet3: {
    name: 'test',
    work: { limitBits: 0x1d00ffff, retargets: true, easyWhenLate: true, fromFirst: false },
    magic: '0b110907',
    genesis: genesis(ROOT, 'dae5494dffff001d1aa4ae18'),
  },
  testnet4: {
    name: 'testnet4',
    work: { limitBits: 0x1d00ffff, retargets: true, easyWhenLate: true, fromFirst: true },
    magic: '1c163f28',
    genesis: genesis('4e7b2b9128fe0291db0693af2ae418b767e657cd407e80cb1434221eaea7a07a', '046f3566ffff001dbb0c7817'),
  },
  /** The signatures of its blocks stand in their transactions: headers don't show them, so work is all that is checked. */
  signet: {
    name: 'signet',
    work: { limitBits: 0x1e0377ae, retargets: true, easyWhenLate: false, fromFirst: false },
    magic: '0a03cf40',
    genesis: genesis(ROOT, '008f4d5fae77031e8ad22203'),
  },
  regtest: {
    name: 'regtest',
    work: { limitBits: 0x207fffff, retargets: false, easyWhenLate: true, fromFirst: false },
    magic: 'fabfb5da',
    genesis: genesis(ROOT, 'dae5494dffff7f2002000000'),
  },
} as const satisfies Readonly<Record<string, Network>>;
