import type * as Ldk from 'lightningdevkit';
import { fromHex, toHex } from '../../../core/crypto/bytes.ts';
import type { ChainPoint } from '../../../core/chain/update.ts';
import type { PublicKey } from '../../../core/crypto/bytes.ts';
import { ForeignError } from '../../scenario/foreign-error.ts';
import type { DriverContext } from '../../scenario/types.ts';
import type { Library } from './messages.ts';

/** What LDK calls back. */
export interface Calls {
  feeratePerKw(): number;
  broadcast(transactions: readonly Uint8Array[]): void;
  watchTx(txid: Uint8Array): void;
  watchOutput(outpoint: Ldk.OutPoint): void;
  keep(outpoint: Ldk.OutPoint, monitor: Ldk.ChannelMonitor): void;
}

/** Feerates below which nothing is refused: BOLT 2 leaves the bounds to each node. */
const LEAST_FEERATE = 253;

/**
 * Everything that one process of a node brings. All of it is held here for as long as the node lives: the bindings only hold it weakly.
 */
export class Surroundings {
  readonly ldk: Library;
  readonly fees: Ldk.FeeEstimator;
  readonly broadcaster: Ldk.BroadcasterInterface;
  readonly logger: Ldk.Logger;
  readonly entropy: Ldk.EntropySource;
  readonly chainMonitor: Ldk.ChainMonitor;
  readonly watch: Ldk.Watch;
  readonly nodeSigner: Ldk.NodeSigner;
  readonly signerProvider: Ldk.SignerProvider;
  readonly router: Ldk.Router;
  readonly messageRouter: Ldk.MessageRouter;
  readonly config: Ldk.UserConfig;
  private readonly held: object[];

  /** `starts`: how often the node has started before: its signer never uses the same randomness twice. */
  constructor({ ldk, graph }: Shared, context: DriverContext, calls: Calls, random: () => Uint8Array, starts: number) {
    this.ldk = ldk;
    this.fees = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: (target) => feerate(ldk, calls.feeratePerKw(), target) });
    this.broadcaster = ldk.BroadcasterInterface.new_impl({ broadcast_transactions: (txs) => calls.broadcast(txs) });
    this.logger = silent(ldk);
    this.entropy = ldk.EntropySource.new_impl({ get_secure_random_bytes: random });
    const filter = ldk.Filter.new_impl({
      register_tx: (txid) => calls.watchTx(txid),
      register_output: (output) => calls.watchOutput(output.get_outpoint()),
    });
    const done = ldk.ChannelMonitorUpdateStatus.LDKChannelMonitorUpdateStatus_Completed;
    const persist = ldk.Persist.new_impl({
      persist_new_channel(outpoint, monitor) {
        calls.keep(outpoint, monitor);
        return done;
      },
      update_persisted_channel(outpoint, _update, monitor) {
        calls.keep(outpoint, monitor);
        return done;
      },
      archive_persisted_channel: () => undefined,
    });
    this.chainMonitor = ldk.ChainMonitor.constructor_new(
      ldk.Option_FilterZ.constructor_some(filter),
      this.broadcaster,
      this.logger,
      this.fees,
      persist,
    );
    this.watch = this.chainMonitor.as_Watch();
    const keys = ldk.KeysManager.constructor_new(fromHex(context.entropy('seed')), BigInt(starts), starts);
    this.nodeSigner = keys.as_NodeSigner();
    this.signerProvider = keys.as_SignerProvider();
    const scorer = ldk.ProbabilisticScorer.constructor_new(
      ldk.ProbabilisticScoringDecayParameters.constructor_default(),
      graph,
      this.logger,
    );
    const score = ldk.MultiThreadedLockableScore.constructor_new(scorer.as_Score());
    const scoring = ldk.ProbabilisticScoringFeeParameters.constructor_default();
    const router = ldk.DefaultRouter.constructor_new(graph, this.logger, this.entropy, score.as_LockableScore(), scoring);
    const messageRouter = ldk.DefaultMessageRouter.constructor_new(graph, this.entropy);
    this.router = router.as_Router();
    this.messageRouter = messageRouter.as_MessageRouter();
    this.config = userConfig(ldk, context);
    this.held = [filter, persist, keys, scorer, score, router, messageRouter, graph];
  }

  get nodeId(): PublicKey {
    const id = this.nodeSigner.get_node_id(this.ldk.Recipient.LDKRecipient_Node);
    return toHex<PublicKey>((id as Ldk.Result_PublicKeyNoneZ_OK).res);
  }

  startManager({ height, hash }: ChainPoint): Ldk.ChannelManager {
    const { ldk, fees, watch, broadcaster, router, messageRouter, logger, entropy, nodeSigner, signerProvider, config } = this;
    const best = ldk.BestBlock.constructor_new(fromHex(hash), height);
    const chain = ldk.ChainParameters.constructor_new(ldk.Network.LDKNetwork_Regtest, best);
    this.held.push(chain);
    return ldk.ChannelManager.constructor_new(
      fees,
      watch,
      broadcaster,
      router,
      messageRouter,
      logger,
      entropy,
      nodeSigner,
      signerProvider,
      config,
      chain,
      0,
    );
  }

  /** Throws when what was stored cannot be read: what a node wrote it must be able to read. */
  restoreManager(manager: Uint8Array, monitors: readonly Uint8Array[]): Ldk.ChannelManager {
    const { ldk, fees, watch, broadcaster, router, messageRouter, logger, entropy, nodeSigner, signerProvider, config } = this;
    const read = monitors.map((bytes) => {
      const result = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(bytes, entropy, signerProvider);
      if (!(result instanceof ldk.Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK))
        throw new ForeignError('read-monitor', `LDK cannot read a stored monitor: ${whyNot(result)}`, undefined);
      return result.res.get_b();
    });
    const result = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
      manager,
      entropy,
      nodeSigner,
      signerProvider,
      fees,
      watch,
      broadcaster,
      router,
      messageRouter,
      logger,
      config,
      read,
    );
    if (!(result instanceof ldk.Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK))
      throw new ForeignError('read-manager', `LDK cannot read its stored manager: ${whyNot(result)}`, undefined);
    for (const monitor of read) watch.watch_channel(monitor.get_funding_txo().get_a(), monitor);
    this.held.push(result, ...read);
    return result.res.get_b();
  }
}

function whyNot(result: object): string {
  return (result as { readonly err?: object }).err?.constructor.name ?? 'no reason';
}

/** What all nodes of a process have together: a graph reserves a large part of the address space. */
export interface Shared {
  readonly ldk: Library;
  readonly graph: Ldk.NetworkGraph;
  readonly logger: Ldk.Logger;
  readonly lastWords: () => string;
}

export function createShared(ldk: Library, lastWords: () => string): Shared {
  const logger = silent(ldk);
  return { ldk, graph: ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger), logger, lastWords };
}

function silent(ldk: Library): Ldk.Logger {
  return ldk.Logger.new_impl({ log: () => undefined });
}

function feerate(ldk: Library, estimate: number, target: Ldk.ConfirmationTarget): number {
  const { ConfirmationTarget: T } = ldk;
  if (target === T.LDKConfirmationTarget_MaximumFeeEstimate) return estimate * 10;
  const least: readonly Ldk.ConfirmationTarget[] = [
    T.LDKConfirmationTarget_MinAllowedAnchorChannelRemoteFee,
    T.LDKConfirmationTarget_MinAllowedNonAnchorChannelRemoteFee,
    T.LDKConfirmationTarget_ChannelCloseMinimum,
  ];
  return least.includes(target) ? LEAST_FEERATE : estimate;
}

function userConfig(ldk: Library, { config }: DriverContext): Ldk.UserConfig {
  const user = ldk.UserConfig.constructor_default();
  user.set_manually_accept_inbound_channels(true);
  user.set_accept_forwards_to_priv_channels(true);
  const handshake = user.get_channel_handshake_config();
  handshake.set_minimum_depth(config.minimumDepth);
  handshake.set_our_to_self_delay(Math.max(144, config.toSelfDelay));
  handshake.set_our_htlc_minimum_msat(config.htlcMinimumMsat > 1n ? config.htlcMinimumMsat : 1n);
  handshake.set_our_max_accepted_htlcs(Math.min(483, config.maxAcceptedHtlcs));
  handshake.set_negotiate_anchors_zero_fee_htlc_tx(true);
  user.set_channel_handshake_config(handshake);
  const channel = user.get_channel_config();
  channel.set_max_dust_htlc_exposure(ldk.MaxDustHTLCExposure.constructor_fixed_limit_msat(config.maxDustHtlcExposureMsat));
  user.set_channel_config(channel);
  return user;
}

/** What LDK throws is theirs, at the place that its panic names. `what`: what it was told. */
export function theirs<T>({ lastWords }: Shared, what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'RuntimeError') throw error;
    const words = lastWords();
    const [, file, line] = /panicked at (?:\S*\/)?(\S+?):(\d+)/.exec(words) ?? [];
    throw new ForeignError(file === undefined ? what : `${file}.${line}`, `${words} (told: ${what})`, error);
  }
}
