import { createSigner } from '../core/channel/commitments/key-signer.ts';
import type { Hash32, PublicKey, SecretKey } from '../core/crypto/bytes.ts';
import { DEFAULT_CONFIG } from '../core/node/config.ts';
import { createNodeEnv } from '../core/node/node-vocabulary.ts';
import { createNode, nodeStep } from '../core/node/node.ts';
import { initFeatures, unknownEven } from '../core/wire/features.ts';
import { decodeMessage, encodeMessage, messageRegistry } from '../core/wire/messages/index.ts';
import { createFakeCrypto } from '../sim/deterministic/fake-crypto.ts';
import { messageTargets } from './messages.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

const crypto = createFakeCrypto();
const env = createNodeEnv(crypto, createSigner(crypto, '01'.repeat(32) as never, '01'.repeat(32) as never), DEFAULT_CONFIG);
const peer: PublicKey = crypto.publicKey('02'.repeat(32) as SecretKey);
const connected = nodeStep(env, createNode({ height: 100, hash: '64'.repeat(32) as Hash32 }, 2500, 0), { kind: 'connected', peer });

const initType = messageRegistry.find(({ name }) => name === 'init')?.type ?? 0;
const codecTarget = messageTargets.find(({ name }) => name === 'message-init') as FuzzTarget;

function initBytes(payload: Uint8Array): Uint8Array {
  return Uint8Array.of(initType >> 8, initType & 0xff, ...payload);
}

/** BOLT 1, init, receiving node: what the requirements say of this one, so far as they are simple. */
function mustBeRefused(bytes: Uint8Array): boolean {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok || decoded.message.type !== 'init') return true;
  const { networks } = decoded.message;
  if (networks !== undefined && networks.length > 0 && !networks.includes(DEFAULT_CONFIG.chainHash)) return true;
  return unknownEven(initFeatures(decoded.message)).length > 0;
}

/** What a connected node answers to the peer's first message. */
export const initTarget: FuzzTarget = {
  name: 'init',
  about: 'the payload of the first message of a peer, at a whole node',
  maxLength: 65_533,
  fuzz(payload) {
    const bytes = initBytes(payload);
    const { state, effects } = nodeStep(env, connected.state, { kind: 'received', peer, bytes });
    const hungUp = effects.some(({ kind }) => kind === 'disconnect');
    const ready = state.peers.get(peer)?.features !== undefined;
    promise(
      hungUp !== ready,
      'an init is taken, or the connection ends',
      () => `${hungUp ? 'ended' : 'goes on'}, ${ready ? 'taken' : 'refused'}`,
    );
    if (mustBeRefused(bytes)) promise(!ready, 'an init that must be refused is refused', () => codecTarget.describe(payload));
    for (const effect of effects) if (effect.kind === 'send') encodeMessage(effect.message);
    if (!ready) return;
    const again = nodeStep(env, state, { kind: 'received', peer, bytes });
    promise(
      again.effects.some(({ kind }) => kind === 'disconnect'),
      'a second init ends the connection',
      () => '',
    );
  },
  dictionary: codecTarget.dictionary,
  structure: codecTarget.structure,
  ...(codecTarget.vary === undefined ? {} : { vary: codecTarget.vary }),
  describe: codecTarget.describe,
};
