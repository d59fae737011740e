import { isShutdownScript, p2wpkh, scriptKind } from '../../bitcoin/script.ts';
import type { Script } from '../../crypto/bytes.ts';
import { other } from '../../transactions/types.ts';
import { negotiated } from '../../wire/features.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type { ChannelParams } from '../model/state.ts';

/** BOLT 2, shutdown: the forms of `scriptpubkey` that a message of this connection may have. */
function hasAllowedForm({ config: { features }, peerFeatures }: ChannelEnv, script: Script, anysegwit: boolean): boolean {
  return isShutdownScript(script, {
    anysegwit: anysegwit || negotiated(features, peerFeatures, 'option_shutdown_anysegwit'),
    simpleClose: negotiated(features, peerFeatures, 'option_simple_close'),
  });
}

/** That we may commit to, or send now. */
export function isOfferableScript(env: ChannelEnv, script: Script): boolean {
  return hasAllowedForm(env, script, false);
}

/** BOLT 2, shutdown, Rationale: old nodes may send non-segwit scripts, which may be accepted. */
export function isAcceptableScript(env: ChannelEnv, script: Script, anysegwit = false): boolean {
  const kind = scriptKind(script);
  return kind === 'p2pkh' || kind === 'p2sh' || hasAllowedForm(env, script, anysegwit);
}

/** What an init of later says changes nothing of this: where we committed to a script, to that one, and to no other. */
export function maySend(
  env: ChannelEnv,
  { parties, us }: ChannelParams,
  script: Script,
): 'yes' | 'another-was-promised' | 'has-no-allowed-form' {
  const promised = parties[us].upfrontShutdownScript;
  if (promised !== undefined) return script === promised ? 'yes' : 'another-was-promised';
  return isOfferableScript(env, script) ? 'yes' : 'has-no-allowed-form';
}

/** The same of the peer's, whose form is judged by the most that was ever agreed on. */
export function mayReceive(
  env: ChannelEnv,
  { parties, us, anysegwit }: ChannelParams,
  script: Script,
): 'yes' | 'another-was-promised' | 'has-no-allowed-form' {
  const promised = parties[other(us)].upfrontShutdownScript;
  if (promised !== undefined) return script === promised ? 'yes' : 'another-was-promised';
  return isAcceptableScript(env, script, anysegwit) ? 'yes' : 'has-no-allowed-form';
}

/** Where our funds go when nobody chose: what we committed to, else the key that our to_remote output pays without anchors. */
export function ownShutdownScript(env: ChannelEnv, params: ChannelParams): Script {
  const party = params.parties[params.us];
  return party.upfrontShutdownScript ?? p2wpkh(env.crypto, party.paymentBasepoint);
}
