import { bigSizeTarget } from './bigsize.ts';
import { blindedDataTarget } from './blinded-data.ts';
import { blockTarget } from './block.ts';
import { chainSourceTarget } from './chain-source.ts';
import { compactFilterTarget } from './compact-filter.ts';
import { consistencyTarget } from './consistency.ts';
import { failureOnionTarget } from './failure-onion.ts';
import { featuresTarget } from './features.ts';
import { nodeTarget } from './full-node.ts';
import { gossipTarget } from './gossip.ts';
import { handshakeTarget } from './handshake.ts';
import { hopPayloadTarget } from './hop-payload.ts';
import { initTarget } from './init.ts';
import { invoiceTarget } from './invoice.ts';
import { merkleBlockTarget } from './merkle-block.ts';
import { anyMessageTarget, messageTargets } from './messages.ts';
import { onionPacketTarget } from './onion-packet.ts';
import { scenarioFileTarget } from './scenario-file.ts';
import { storedChannelTarget } from './stored-channel.ts';
import { storedWatcherTarget } from './stored-watcher.ts';
import { storedBlindChannelTarget, storedFullChannelTarget } from './stored-watched-channel.ts';
import type { FuzzTarget } from './target.ts';
import { tlvStreamTarget } from './tlv-stream.ts';
import { twoPartiesTarget } from './two-parties.ts';
import { watcherWordsTarget } from './watcher-words.ts';

/** Every target there is. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...messageTargets,
  anyMessageTarget,
  tlvStreamTarget,
  bigSizeTarget,
  featuresTarget,
  initTarget,
  handshakeTarget,
  onionPacketTarget,
  hopPayloadTarget,
  blindedDataTarget,
  failureOnionTarget,
  invoiceTarget,
  gossipTarget,
  twoPartiesTarget,
  storedChannelTarget,
  scenarioFileTarget,
  nodeTarget,
  consistencyTarget,
  storedWatcherTarget,
  storedFullChannelTarget,
  storedBlindChannelTarget,
  watcherWordsTarget,
  blockTarget,
  compactFilterTarget,
  chainSourceTarget,
  merkleBlockTarget,
];
