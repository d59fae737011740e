/**
 * The public names of fulgurite's core, listed by hand: a Lightning node that never acts by itself.
 *
 * `nodeStep(env, state, input)` is everything: inputs are data, effects are data. The host brings keys, randomness, storage and a chain.
 */
export type { Branded, ChannelId, Hash32, Hex, Preimage, PublicKey, RawTx, Script, SecretKey, Signature, Txid } from './crypto/bytes.ts';
export { fromHex, toHex } from './crypto/bytes.ts';
export type { Crypto, HashFunctions } from './crypto/types.ts';
export { createNobleCrypto } from './crypto/noble.ts';
export { createNativeCrypto } from './crypto/native.ts';
export { overHex, sha256Hex } from './crypto/hashes.ts';

export type { Outpoint, Tx, TxInput, TxOutput } from './bitcoin/tx.ts';
export { serialiseTx, serialiseWithoutWitness, txid, txWeight } from './bitcoin/tx.ts';
export { parseTx } from './bitcoin/parse.ts';
export { txidFromText, txidToText } from './bitcoin/txid-text.ts';
export type { ScriptKind } from './bitcoin/script.ts';
export { dustThresholdSat, isShutdownScript, p2pkh, p2wpkh, p2wsh, scriptKind, witnessProgram } from './bitcoin/script.ts';

export type { Message, MessageName } from './wire/messages/index.ts';
export { decodeMessage, encodeMessage, messageRegistry } from './wire/messages/index.ts';
export { hasFeature, makeFeatures } from './wire/features.ts';

export type { ChainInput, ChainPoint, ChainRefusal } from './chain/update.ts';
export { createCoreSource, coreDeadline, coreStep } from './sources/core-source.ts';
export type { CoreEffect, CoreInput, CoreState, CoreStep } from './sources/core-source.ts';
export type { HttpRequest } from './sources/core-protocol.ts';
export { createElectrumSource, electrumDeadline, electrumStep } from './sources/electrum-source.ts';
export type { ElectrumEffect, ElectrumInput, ElectrumState, ElectrumStep } from './sources/electrum-state.ts';
export { createFilterSource, filterDeadline, filterStep } from './sources/filter-source.ts';
export type { FilterEffect, FilterInput, FilterState, FilterStep } from './sources/filter-state.ts';
export { createProofSource, proofStep } from './sources/proof-source.ts';
export type { ProofInput, ProofState, ProofStep } from './sources/proof-source.ts';
export { readMerkleBlock } from './bitcoin/merkle-block.ts';
export type { MerkleBlock } from './bitcoin/merkle-block.ts';
export { NETWORKS } from './sources/networks.ts';
export type { Network as BitcoinNetwork } from './sources/networks.ts';
export { DEFAULT_SOURCE_LIMITS } from './sources/sources-vocabulary.ts';
export type { SourceEffect, SourceEnv, SourceInput, SourceLimits, SourceStart } from './sources/sources-vocabulary.ts';
export type { Watch } from './sources/watches.ts';
export type { CommitmentFormat, Side } from './transactions/types.ts';
export type { ChannelConfig, Command, ChannelOutput, Dependency, Question, Sink, Step } from './channel/model/channel-vocabulary.ts';
export type { ChannelEvent, ChannelState, FailedState, FundedState, StoredChannel } from './channel/model/state.ts';
export type { MonitorUpdate } from './knowledge/updates.ts';
export { createWatcher, watcherStep } from './monitor/watcher.ts';
export type { WatcherEnv, WatcherInput, WatcherOutput, WatcherState, WatcherStep } from './monitor/watcher-vocabulary.ts';
export { CommitmentCache } from './monitor/commitment-cache.ts';
export { createClaimSigner } from './monitor/claim-signer.ts';
export type { ClaimKey, ClaimRequest, ClaimSigner } from './monitor/claim-signer.ts';
export type { Coin } from './monitor/claim-tx.ts';
export type { Fact } from './monitor/facts.ts';
export { DEFAULT_CHAIN_POLICY } from './monitor/policy.ts';
export type { ChainPolicy } from './monitor/policy.ts';
export { decodeWatcher, decodeWatcherRecord, encodeWatcher, encodeWatcherRecord } from './monitor/stored-form.ts';
export type { WatcherRecord } from './monitor/records.ts';
export { createRemote, restoreRemote } from './watchers/remote.ts';
export { fullWatcherStep } from './watchers/full.ts';
export type { FullState } from './watchers/full.ts';
export type { FullChannel, RemoteEnv, RemoteInput, RemoteOutput, RemoteState, RemoteStep } from './watchers/watchers-vocabulary.ts';
export { blindWatcherStep } from './watchers/blind.ts';
export type { BlindChannel, BlindState } from './watchers/blind.ts';
export { contentFor } from './watchers/sealed-penalties.ts';
export { keptByCheater } from './watchers/penalties.ts';
export type { BlindPolicy, PenaltyMaker } from './watchers/penalties.ts';
export { openCopy, sealCopy } from './watchers/node-copy.ts';
export type { NodeCopy } from './watchers/node-copy.ts';
export { createDevice, deviceStep } from './watchers/device.ts';
export type {
  DeviceEnv,
  DeviceInput,
  DeviceOutput,
  DeviceState,
  DeviceStep,
  KeptChannel,
  KnownWatcher,
  WatcherId,
  WatcherKind,
} from './watchers/device-vocabulary.ts';
export type { Content as WatcherContent, WatchedSecrets } from './watchers/messages.ts';
export { heldByQuorum, neededToBegin } from './watchers/quorum.ts';
export type { Roster } from './watchers/quorum.ts';
export { linkOf } from './watchers/link.ts';
export type { Link } from './watchers/link.ts';
export { isSigned } from './watchers/statements.ts';
export type { Epoch, Held, Prefix } from './watchers/statements.ts';
export {
  decodeBlindChannel,
  decodeEpoch,
  decodeFullChannel,
  encodeBlindChannel,
  encodeEpoch,
  encodeFullChannel,
} from './watchers/stored-form.ts';
export type { ClaimSecrets } from './transactions/claim-secrets.ts';
export { knownOrigins } from './channel/model/known-origins.ts';
export { ownPayment, paymentIdOf } from './channel/model/origin.ts';
export type { Origin } from './channel/model/origin.ts';
export type { Basepoints, Signer } from './channel/commitments/signer.ts';
export { createSigner } from './channel/commitments/key-signer.ts';
export { answerTo, lateSigner } from './channel/commitments/late-signer.ts';
export type { Answer, Duty } from './channel/model/duties.ts';
export { guardedSigner } from './channel/commitments/guarded-signer.ts';
export type { GuardMemory, GuardRecord } from './channel/commitments/guarded-signer.ts';
export { decodeChannel, encodeChannel } from './channel/model/stored-form.ts';

export { createNodeEnv } from './node/node-vocabulary.ts';
export { SPOKEN_FEATURES } from './node/spoken-features.ts';
export type {
  DurableNode,
  NodeEffect,
  NodeEnv,
  NodeCommand,
  NodeInput,
  NodeKey,
  NodeState,
  Notification,
  NotifyEffect,
  PeerState,
} from './node/node-vocabulary.ts';
export type { ClaimInput, ClaimWord } from './node/watching/claim-words.ts';
export type { Claiming } from './node/watching/watching.ts';
export { CHAIN_HASHES, DEFAULT_CONFIG } from './node/config.ts';
export { nextDeadline } from './time/deadlines.ts';
export { createNode, nodeStep } from './node/node.ts';
export { restoreNode } from './node/restore.ts';

export { Host } from './host/host.ts';
export { BlockFilter } from './host/block-filter.ts';
export type { Observed } from './host/host.ts';
export { SocketHost } from './host/socket-host.ts';
export type { Observer } from './host/socket-host.ts';
export type { ChainSource, Claims, PaymentService, Services, Sockets, SigningDevice, Storage, User, Wire } from './host/services.ts';

export type { ChaCha20 } from './crypto/chacha20.ts';
export { nobleChaCha20 } from './crypto/chacha20.ts';
export type { ChaCha20Poly1305 } from './crypto/chacha20poly1305.ts';
export { nobleChaCha20Poly1305 } from './crypto/chacha20poly1305.ts';
export { RULES } from './rules.ts';
export type { Consequence, Rule, RuleId } from './rules.ts';
export type {
  CloseReason,
  ConnectionId,
  PeersEffect,
  PeersEnv,
  PeersInput,
  PeersState,
  PeersStep,
  RemoteAddress,
} from './peers/peers-vocabulary.ts';
export type { PeerLimits } from './peers/limits.ts';
export { DEFAULT_LIMITS } from './peers/limits.ts';
export { createPeers, createPeersEnv, peersStep } from './peers/peers.ts';

export type { Broken as BrokenOnion, OnionEnv, OnionNodeEnv } from './onion/env.ts';
export { buildOnion, frameSize } from './onion/build.ts';
export type { BuiltOnion, OnionHop, OnionPlan } from './onion/build.ts';
export { peelOnion } from './onion/peel.ts';
export type { Peeled, Unpeelable } from './onion/peel.ts';
export { encodePayload } from './onion/payload.ts';
export type { Payload, PaymentSecret } from './onion/payload.ts';
export { readPayload } from './onion/read-payload.ts';
export type { BrokenPayload, IncomingHtlc, Instruction, Position, ReadPayload } from './onion/instruction.ts';
export { answerFailure } from './onion/answer.ts';
export type { FailingHtlc, FailureAnswer, FailureCause } from './onion/answer.ts';
export { BADONION, decodeFailure, encodeFailure, FAILURES, NODE, PERM, UPDATE } from './onion/failure-messages.ts';
export type { Failure, FailureName, ReceivedFailure } from './onion/failure-messages.ts';
export { readFailure } from './onion/failure-onion.ts';
export type { ReadFailure } from './onion/failure-onion.ts';
export { attribute, readSuccess } from './onion/attribution.ts';
export type { AttributionData } from './wire/attribution.ts';
export { openBlindedData, padded as padBlindedData } from './onion/blinded-data.ts';
export type { BlindedData, OpenedData, PaymentRelay } from './onion/blinded-data.ts';
export { createBlindedPath, nodeIdOf } from './onion/blinded-path.ts';
export type { BlindedPath, PathNode } from './onion/blinded-path.ts';
export { aggregate as aggregateFees, amountToForward } from './onion/blinded-fees.ts';
export type { PathCosts } from './onion/blinded-fees.ts';
export { buildOnionMessage, joinPaths, readOnionMessage } from './onion/onion-message.ts';
export type { MessageInstruction } from './onion/onion-message.ts';
export type { MessageContents } from './onion/message-payload.ts';

export { decodeInvoice, describes } from './invoice/decode.ts';
export { createInvoice } from './invoice/create.ts';
export type { InvoiceDetails, InvoiceSigner } from './invoice/create.ts';
export type { Description, Invoice, RouteHint } from './invoice/invoice.ts';
export { fallbackAddress, fallbackScript } from './invoice/fallback.ts';
export type { Fallback } from './invoice/fallback.ts';
export { MAX_INVOICE_LENGTH } from './invoice/raw.ts';
export type { Network } from './invoice/amount.ts';

export { parseShortChannelId, placeOfChannel, printShortChannelId, shortChannelIdOf } from './wire/short-channel-id.ts';
export type { ChannelPlace } from './wire/short-channel-id.ts';
export { gossipHash } from './gossip/signing.ts';
export { announcedOutput, checkChannelAnnouncement, signedAnnouncement, unsignedAnnouncement } from './gossip/channel-announcement.ts';
export type { AnnouncedEnd, ChannelToAnnounce, EndSignatures } from './gossip/channel-announcement.ts';
export { checkChannelUpdate, compareUpdates, directionOf, isForPeerOnly, policyOf, unsignedUpdate } from './gossip/channel-update.ts';
export type { ChannelPolicy, UpdateToSign } from './gossip/channel-update.ts';
export { aliasOf, checkNodeAnnouncement, unsignedNodeAnnouncement } from './gossip/node-announcement.ts';
export type { NodeToAnnounce } from './gossip/node-announcement.ts';
export { readAddresses } from './gossip/addresses.ts';
export type { NodeAddress } from './gossip/addresses.ts';

export { gossipStep, createGossip } from './gossip/gossip-step.ts';
export { DEFAULT_GOSSIP_LIMITS } from './gossip/gossip-vocabulary.ts';
export type { GossipEnv, GossipInput, GossipLimits, GossipOutputs, GossipState, OutputFound } from './gossip/gossip-vocabulary.ts';
export { channelOf, channelsFrom, graphOf, nodeOf, NOTHING_KNOWN, viewOf } from './gossip/network-view.ts';
export type { NetworkView, PublicChannel, PublicNode } from './gossip/network-view.ts';

export { buildGraph, patchGraph } from './routing/graph.ts';
export type { Graph, GraphChannel } from './routing/graph.ts';
export { DijkstraRouter, edgeOf } from './routing/router.ts';
export type { Router } from './routing/router.ts';
export type { NoRoute, Route, RouteHop, RouteRequest } from './routing/route.ts';
export type { GivenRoutes, OwnChannel, PayCommand, PaymentCommand, PaymentEvent, RouteQuestion } from './payments/commands.ts';
export { findRoutes } from './payments/default-router.ts';
export { DEFAULT_PAYMENT_LIMITS, outcomeOf } from './payments/payment.ts';
export type { Payment, PaymentLimits, PaymentOutcome } from './payments/payment.ts';
export { encodeRecord } from './payments/records.ts';
export type { NodeRecord, RecordSink } from './payments/records.ts';
export { decodePayment, encodePayment } from './payments/stored-form.ts';
export { feeOf } from './routing/fees.ts';
export type { Fees } from './routing/fees.ts';
