import { isShutdownScript, p2wpkh, scriptKind } from '../../bitcoin/script.ts';
import type { Script } from '../../crypto/bytes.ts';
import { negotiated } from '../../wire/features.ts';
import type { ChannelEnv } from '../model/vocabulary.ts';
import type { ChannelParams } from '../model/state.ts';

/** BOLT 2, shutdown: the forms of `scriptpubkey` that we may send. */
export function isOfferableScript(env: ChannelEnv, script: Script): boolean {
  const { features } = env.config;
  return isShutdownScript(script, {
    anysegwit: negotiated(features, env.peerFeatures, 'option_shutdown_anysegwit'),
    simpleClose: negotiated(features, env.peerFeatures, 'option_simple_close'),
  });
}

/** BOLT 2, shutdown, Rationale: old nodes may send non-segwit scripts, which may be accepted. */
export function isAcceptableScript(env: ChannelEnv, script: Script): boolean {
  const kind = scriptKind(script);
  return kind === 'p2pkh' || kind === 'p2sh' || isOfferableScript(env, script);
}

/** Where our funds go when nobody chose: what we committed to, else the key that our to_remote output pays without anchors. */
export function ownShutdownScript(env: ChannelEnv, params: ChannelParams): Script {
  const party = params.parties[params.us];
  return party.upfrontShutdownScript ?? p2wpkh(env.crypto, party.paymentBasepoint);
}
