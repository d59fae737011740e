import type { Crypto } from '../../crypto/types.ts';
import { ChannelScripts } from '../../transactions/channel-scripts.ts';
import { txParty } from './parties.ts';
import type { ChannelParams, FundingOutput } from '../model/state.ts';

/**
 * What one node has worked out for its channels: made once a node, with its crypto, and never shared between two. It changes no result, only
 * what the result costs, and holds nothing longer than the node holds the funding.
 */
export class ChannelCache {
  readonly #crypto: Crypto;
  readonly #scripts = new WeakMap<FundingOutput, { readonly of: ChannelParams; readonly scripts: ChannelScripts }>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** The same object for the same parameters and funding. */
  scripts(params: ChannelParams, funding: FundingOutput): ChannelScripts {
    const known = this.#scripts.get(funding);
    if (known?.of === params) return known.scripts;
    const { format, txid, vout, amountSat, fundingPubkeys } = funding;
    const { opener, accepter } = params.parties;
    const parties = {
      opener: txParty(fundingPubkeys.opener, opener, accepter),
      accepter: txParty(fundingPubkeys.accepter, accepter, opener),
    };
    const scripts = new ChannelScripts(this.#crypto, { format, funding: { txid, vout }, fundingSat: amountSat, parties });
    this.#scripts.set(funding, { of: params, scripts });
    return scripts;
  }
}
