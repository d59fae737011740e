import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { ascii, fromHex, toHex } from '../crypto/bytes.ts';
import { hkdf } from '../crypto/hashes.ts';
import type { CipherState, TransportEnv } from './cipher.ts';
import { encodeNonce, TAG_LENGTH } from './cipher.ts';
import { concat } from '../wire/fragments.ts';

/** BOLT 8, "Handshake State": the digest h of all that was sent and received, and the chaining key ck. */
interface Noise {
  readonly h: Uint8Array;
  readonly ck: Uint8Array;
}

interface Awaiting<Act extends 1 | 2 | 3> {
  readonly act: Act;
  readonly noise: Noise;
  /** What has come of the awaited act. */
  readonly pending: Uint8Array;
  readonly ephemeralSecret: SecretKey;
}

type AwaitingActOne = Awaiting<1> & { readonly staticSecret: SecretKey };
type AwaitingActTwo = Awaiting<2> & { readonly staticSecret: SecretKey; readonly remoteStatic: PublicKey };
type AwaitingActThree = Awaiting<3> & { readonly tempKey2: Uint8Array };

/** A handshake in progress, named after the act that it waits for. */
export type Handshake = AwaitingActOne | AwaitingActTwo | AwaitingActThree;

/** Named as in BOLT 8, Appendix A. Each means: close the connection. */
export type HandshakeError =
  | `ACT${1 | 2 | 3}_READ_FAILED`
  | `ACT${1 | 2 | 3}_BAD_VERSION`
  | `ACT${1 | 2 | 3}_BAD_PUBKEY`
  | `ACT${1 | 2 | 3}_BAD_TAG`
  | 'ACT3_BAD_CIPHERTEXT';

/** What both sides know when the handshake is over. */
export interface Established {
  readonly remoteStatic: PublicKey;
  readonly sending: CipherState;
  readonly receiving: CipherState;
}

export type HandshakeStep =
  | { readonly kind: 'waiting'; readonly state: Handshake; readonly send?: Uint8Array }
  /** `rest` belongs to the first messages. */
  | { readonly kind: 'done'; readonly established: Established; readonly send?: Uint8Array; readonly rest: Uint8Array }
  | { readonly kind: 'failed'; readonly error: HandshakeError };

const VERSION = 0;
const POINT_LENGTH = 33;
const ACT_LENGTH = { 1: 50, 2: 50, 3: 66 } as const;
const EMPTY = new Uint8Array(0);
const PROTOCOL_NAME = ascii('Noise_XK_secp256k1_ChaChaPoly_SHA256');
const PROLOGUE = ascii('lightning');

function failed(error: HandshakeError): HandshakeStep {
  return { kind: 'failed', error };
}

/**
 * Starts a handshake with a node whose key is known. `ephemeralSecret` must be fresh randomness, used for this handshake alone.
 * `send` is act one.
 */
export function initiator(
  env: TransportEnv,
  keys: { readonly staticSecret: SecretKey; readonly remoteStatic: PublicKey; readonly ephemeralSecret: SecretKey },
): { readonly state: Handshake; readonly send: Uint8Array } {
  const sent = sendEphemeral(env, begin(env, keys.remoteStatic), keys.ephemeralSecret, keys.remoteStatic);
  return { state: { act: 2, noise: sent.noise, pending: EMPTY, ...keys }, send: sent.bytes };
}

/** Waits for a handshake. `ephemeralSecret` must be fresh randomness, used for this handshake alone. */
export function responder(env: TransportEnv, keys: { readonly staticSecret: SecretKey; readonly ephemeralSecret: SecretKey }): Handshake {
  return { act: 1, noise: begin(env, env.crypto.publicKey(keys.staticSecret)), pending: EMPTY, ...keys };
}

/** Takes the next bytes of the stream, cut anywhere. */
export function step(env: TransportEnv, state: Handshake, bytes: Uint8Array): HandshakeStep {
  const missing = ACT_LENGTH[state.act] - state.pending.length;
  const message = concat(state.pending, bytes.subarray(0, missing));
  if (bytes.length < missing) return { kind: 'waiting', state: { ...state, pending: message } };
  const rest = bytes.subarray(missing);
  if (message[0] !== VERSION) return failed(`ACT${state.act}_BAD_VERSION`);
  switch (state.act) {
    case 1:
      return receiveActOne(env, state, message, rest);
    case 2:
      return receiveActTwo(env, state, message, rest);
    case 3:
      return receiveActThree(env, state, message, rest);
  }
}

/** What it means that the connection has closed during the handshake. */
export function closed(state: Handshake): HandshakeError {
  return `ACT${state.act}_READ_FAILED`;
}

function receiveActOne(env: TransportEnv, state: AwaitingActOne, message: Uint8Array, rest: Uint8Array): HandshakeStep {
  const received = receiveEphemeral(env, 1, state.noise, message, state.staticSecret);
  if (typeof received === 'string') return failed(received);
  const { noise, tempKey, bytes } = sendEphemeral(env, received.noise, state.ephemeralSecret, received.point);
  const next = step(env, { act: 3, noise, pending: EMPTY, ephemeralSecret: state.ephemeralSecret, tempKey2: tempKey }, rest);
  return next.kind === 'failed' ? next : { ...next, send: bytes };
}

function receiveActTwo(env: TransportEnv, state: AwaitingActTwo, message: Uint8Array, rest: Uint8Array): HandshakeStep {
  const received = receiveEphemeral(env, 2, state.noise, message, state.ephemeralSecret);
  if (typeof received === 'string') return failed(received);
  const { crypto, cipher } = env;
  const c = cipher.encrypt(received.tempKey, encodeNonce(1), received.noise.h, fromHex(crypto.publicKey(state.staticSecret)));
  const h = mixHash(env, received.noise.h, c);
  const [ck, tempKey3] = hkdf(crypto, received.noise.ck, fromHex(crypto.ecdh(received.point, state.staticSecret)));
  const t = cipher.encrypt(tempKey3, encodeNonce(0), h, EMPTY);
  const [first, second] = split(env, ck);
  return {
    kind: 'done',
    established: { remoteStatic: state.remoteStatic, sending: first, receiving: second },
    send: concat(Uint8Array.of(VERSION), c, t),
    rest,
  };
}

function receiveActThree(env: TransportEnv, state: AwaitingActThree, message: Uint8Array, rest: Uint8Array): HandshakeStep {
  const { crypto, cipher } = env;
  const c = message.subarray(1, 1 + POINT_LENGTH + TAG_LENGTH);
  const point = cipher.decrypt(state.tempKey2, encodeNonce(1), state.noise.h, c);
  if (point === undefined) return failed('ACT3_BAD_CIPHERTEXT');
  const remoteStatic = toHex<PublicKey>(point);
  if (!crypto.isValidPublicKey(remoteStatic)) return failed('ACT3_BAD_PUBKEY');
  const h = mixHash(env, state.noise.h, c);
  const [ck, tempKey3] = hkdf(crypto, state.noise.ck, fromHex(crypto.ecdh(remoteStatic, state.ephemeralSecret)));
  const t = message.subarray(1 + POINT_LENGTH + TAG_LENGTH);
  if (cipher.decrypt(tempKey3, encodeNonce(0), h, t) === undefined) return failed('ACT3_BAD_TAG');
  const [first, second] = split(env, ck);
  return { kind: 'done', established: { remoteStatic, sending: second, receiving: first }, rest };
}

/** BOLT 8, "Handshake State Initialization". */
function begin(env: TransportEnv, responderStatic: PublicKey): Noise {
  const ck = env.crypto.sha256(PROTOCOL_NAME);
  return { h: mixHash(env, mixHash(env, ck, PROLOGUE), fromHex(responderStatic)), ck };
}

function mixHash(env: TransportEnv, h: Uint8Array, data: Uint8Array): Uint8Array {
  return env.crypto.sha256(concat(h, data));
}

/** Acts one and two are alike: an ephemeral key, then a tag under what it and the other side's key share. */
function sendEphemeral(
  env: TransportEnv,
  noise: Noise,
  ephemeralSecret: SecretKey,
  remote: PublicKey,
): { readonly noise: Noise; readonly tempKey: Uint8Array; readonly bytes: Uint8Array } {
  const point = fromHex(env.crypto.publicKey(ephemeralSecret));
  const h = mixHash(env, noise.h, point);
  const [ck, tempKey] = hkdf(env.crypto, noise.ck, fromHex(env.crypto.ecdh(remote, ephemeralSecret)));
  const tag = env.cipher.encrypt(tempKey, encodeNonce(0), h, EMPTY);
  return { noise: { h: mixHash(env, h, tag), ck }, tempKey, bytes: concat(Uint8Array.of(VERSION), point, tag) };
}

/** The mirror image of `sendEphemeral`; `secret` is the one whose point the sender has used. */
function receiveEphemeral(
  env: TransportEnv,
  act: 1 | 2,
  noise: Noise,
  message: Uint8Array,
  secret: SecretKey,
): HandshakeError | { readonly noise: Noise; readonly tempKey: Uint8Array; readonly point: PublicKey } {
  const bytes = message.subarray(1, 1 + POINT_LENGTH);
  const point = toHex<PublicKey>(bytes);
  if (!env.crypto.isValidPublicKey(point)) return `ACT${act}_BAD_PUBKEY`;
  const h = mixHash(env, noise.h, bytes);
  const [ck, tempKey] = hkdf(env.crypto, noise.ck, fromHex(env.crypto.ecdh(point, secret)));
  const tag = message.subarray(1 + POINT_LENGTH);
  if (env.cipher.decrypt(tempKey, encodeNonce(0), h, tag) === undefined) return `ACT${act}_BAD_TAG`;
  return { noise: { h: mixHash(env, h, tag), ck }, tempKey, point };
}

/** The keys of both directions, the initiator's sending one first. */
function split(env: TransportEnv, chainingKey: Uint8Array): readonly [CipherState, CipherState] {
  const [first, second] = hkdf(env.crypto, chainingKey, EMPTY);
  return [
    { key: first, chainingKey, nonce: 0 },
    { key: second, chainingKey, nonce: 0 },
  ];
}
