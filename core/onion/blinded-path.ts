import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fewItems, point, sciddirOrPubkey, struct, varBytes } from '../wire/codec.ts';
import type { TypeOf } from '../wire/codec.ts';
import { sealBlindedData } from './blinded-data.ts';
import type { BlindedData } from './blinded-data.ts';
import type { OnionEnv } from './env.ts';
import { blindingFactor, nodeIdTweak } from './keys.ts';

/** BOLT 4, Route Blinding: `blinded_path`. */
export const blindedPathCodec = struct({
  firstNodeId: sciddirOrPubkey,
  firstPathKey: point,
  path: fewItems(struct({ blindedNodeId: point, encryptedRecipientData: varBytes() })),
});
export type BlindedPath = TypeOf<typeof blindedPathCodec>;

const POINT_DIGITS = 66;

/** Where the path begins, if it says so by node id and not by a channel. */
export function nodeIdOf({ firstNodeId }: BlindedPath): PublicKey | undefined {
  return firstNodeId.length === POINT_DIGITS ? (firstNodeId as PublicKey) : undefined;
}

/** A node of a path that is being made, and what it will be told. */
export interface PathNode {
  readonly nodeId: PublicKey;
  readonly data: BlindedData;
}

/**
 * A path from the first node, the introduction node, to the last, its creator (or a node that the creator wants to look like it). `sessionKey` is 32 random
 * bytes, never used for another path. The data is taken as it is: `padded` makes it of one length.
 *
 * Throws a RangeError for no nodes.
 */
export function createBlindedPath(env: OnionEnv, sessionKey: SecretKey, nodes: readonly PathNode[]): BlindedPath {
  const [first] = nodes;
  if (first === undefined) throw new RangeError('a path has nodes');
  const { crypto } = env;
  let secret = sessionKey;
  const path = nodes.map(({ nodeId, data }) => {
    const shared = crypto.ecdh(nodeId, secret);
    const hop = {
      blindedNodeId: crypto.pointMultiply(nodeId, nodeIdTweak(crypto, shared)),
      encryptedRecipientData: sealBlindedData(env, shared, data),
    };
    secret = crypto.scalarMultiply(secret, blindingFactor(crypto, crypto.publicKey(secret), shared));
    return hop;
  });
  return { firstNodeId: first.nodeId, firstPathKey: crypto.publicKey(sessionKey), path };
}
