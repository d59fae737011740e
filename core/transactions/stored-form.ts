import * as codec from '../wire/codec.ts';
import type { Codec, ObjectCodec } from '../wire/codec.ts';
import { items } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type { SecretStore, StoredSecret } from './secrets.ts';
import type { Side } from './types.ts';

/** How sides, and what a peer has revealed, stand in the stored form of what keeps them, which brings the version. */
const { secretKey, struct, u64 } = codec;

export const storedSide: Codec<Side> = codec.oneOf('opener', 'accepter');

export function storedBySide<T>(item: Codec<T>): ObjectCodec<Readonly<Record<Side, T>>> {
  return struct({ opener: item, accepter: item } satisfies FieldsOf<Readonly<Record<Side, T>>>);
}

export const storedSecrets: Codec<SecretStore> = items(struct({ index: u64, secret: secretKey } satisfies FieldsOf<StoredSecret>));
