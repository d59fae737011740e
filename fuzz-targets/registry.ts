import { bigSizeTarget } from './bigsize.ts';
import { consistencyTarget } from './consistency.ts';
import { featuresTarget } from './features.ts';
import { nodeTarget } from './full-node.ts';
import { handshakeTarget } from './handshake.ts';
import { initTarget } from './init.ts';
import { anyMessageTarget, messageTargets } from './messages.ts';
import { scenarioFileTarget } from './scenario-file.ts';
import { storedChannelTarget } from './stored-channel.ts';
import type { FuzzTarget } from './target.ts';
import { tlvStreamTarget } from './tlv-stream.ts';
import { twoPartiesTarget } from './two-parties.ts';

/** Every target there is. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...messageTargets,
  anyMessageTarget,
  tlvStreamTarget,
  bigSizeTarget,
  featuresTarget,
  initTarget,
  handshakeTarget,
  twoPartiesTarget,
  storedChannelTarget,
  scenarioFileTarget,
  nodeTarget,
  consistencyTarget,
];
