import type { Outpoint, Tx } from '../../bitcoin/tx.ts';
import type { Dependency } from '../../channel/model/channel-vocabulary.ts';
import type { ChannelId, Script, Signature, Txid } from '../../crypto/bytes.ts';
import type { ClaimRequest } from '../../monitor/claim-signer.ts';
import type { Coin } from '../../monitor/claim-tx.ts';
import type { ClaimKind } from '../../monitor/claims.ts';

/** What a node says to its host of what it claims on the chain. All but `watch_output` leaves when what it rests on is durable. */
export type ClaimWord =
  /** For the mempool, as one package: a child may pay for its parent. `coins`: those of the host's that it spends, and signs for first. */
  | {
      readonly kind: 'claim';
      readonly channelId: ChannelId;
      readonly claim: ClaimKind;
      readonly txs: readonly Tx[];
      readonly coins: readonly Coin[];
      readonly after: readonly Dependency[];
    }
  /**
   * Confirmed P2WPKH outputs of the host's are needed, of so much together, for what can't pay for itself; answered by an input `coins`, whole, in
   * part, or never: then it waits. `deadline`: the height of the block in which somebody else may have it.
   */
  | {
      readonly kind: 'ask_coins';
      readonly channelId: ChannelId;
      readonly claim: Outpoint;
      readonly amountSat: bigint;
      readonly deadline: number | undefined;
      readonly after: readonly Dependency[];
    }
  /** These are the host's again. */
  | {
      readonly kind: 'release_coins';
      readonly channelId: ChannelId;
      readonly coins: readonly Coin[];
      readonly after: readonly Dependency[];
    }
  /** For a signer that answers later, by an input `claim_signed`. */
  | {
      readonly kind: 'sign_claim';
      readonly channelId: ChannelId;
      readonly claim: Outpoint;
      readonly txid: Txid;
      readonly request: ClaimRequest;
      readonly after: readonly Dependency[];
    }
  /** From this height on, blocks given to the node must contain the transaction that spends this output, if it is in them. */
  | {
      readonly kind: 'watch_output';
      readonly channelId: ChannelId;
      readonly outpoint: Outpoint;
      readonly script: Script;
      readonly fromHeight: number;
    };

/** What a node is told of what it claims. */
export type ClaimInput =
  /** An answer to `ask_coins`. */
  | { readonly kind: 'coins'; readonly channelId: ChannelId; readonly claim: Outpoint; readonly coins: readonly Coin[] }
  /** A coin that was given is gone with its block, or was spent elsewhere. */
  | { readonly kind: 'coin_lost'; readonly outpoint: Outpoint }
  /** An answer to `sign_claim`. */
  | {
      readonly kind: 'claim_signed';
      readonly channelId: ChannelId;
      readonly claim: Outpoint;
      readonly txid: Txid;
      readonly signature: Signature;
    }
  /** A transaction that is in no block, from anywhere: its preimages are learned, and nothing else. */
  | { readonly kind: 'seen'; readonly tx: Tx };
