import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import { accept, close, dial, receive, send } from '../core/transport/session.ts';
import type { Session } from '../core/transport/session.ts';
import { concat } from '../core/wire/fragments.ts';
import { sameBytes } from '../sim/deterministic/bytes.ts';
import { nodeId, secretKey, transportEnv } from './transport-env.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

/** Input: whether our side dials (first byte odd), the size of fragments (second byte), and everything that the other side sends. */

const OURS = secretKey(0x11);
const THEIRS = secretKey(0x22);
const OUR_EPHEMERAL = secretKey(0x33);
const THEIR_EPHEMERAL = secretKey(0x44);
/** BOLT 8: of acts one and two. */
const ACT_LENGTH = 50;
/** BOLT 8: act one or two, and act three, and no message is longer than its frame. */
const MAX_SENT = ACT_LENGTH + 66;

interface Outcome {
  readonly session: Session;
  readonly sent: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

function start(dialling: boolean): { readonly session: Session; readonly sent: Uint8Array } {
  if (!dialling) return { session: accept(transportEnv, { staticSecret: OURS, ephemeralSecret: OUR_EPHEMERAL }), sent: new Uint8Array(0) };
  const { session, send: sent } = dial(transportEnv, { staticSecret: OURS, remoteStatic: nodeId(THEIRS), ephemeralSecret: OUR_EPHEMERAL });
  return { session, sent };
}

function run(dialling: boolean, stream: Uint8Array, fragment: number): Outcome {
  let { session, sent } = start(dialling);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += fragment) {
    const before = session;
    const bytes = stream.slice(at, at + fragment);
    const step = receive(transportEnv, before, bytes);
    // A host reads into the same buffer again and again.
    bytes.fill(0xa5);
    promise(before.kind !== 'failed' || step.session === before, 'what has failed stays failed', () => '');
    session = step.session;
    messages.push(...step.messages);
    if (step.send !== undefined) sent = concat(sent, step.send);
    if (session.kind === 'open') {
      const held = session.receiving.pending.length;
      promise(held <= 65_535 + 16, 'a connection holds at most one message', () => `${held} bytes`);
    }
  }
  return { session, sent, messages };
}

function summary({ session, sent, messages }: Outcome): string {
  const how =
    session.kind === 'failed' ? session.error : session.kind === 'handshake' ? `act ${session.handshake.act}` : session.remoteStatic;
  // An act that was due when the session failed may be lost with it: the connection ends.
  const acts = session.kind === 'failed' ? '' : `, sent ${toHex(sent)}`;
  return `${session.kind} ${how}${acts}, messages ${messages.map((message) => toHex(message)).join(' ')}`;
}

function isRefused({ session }: Outcome, why: string): boolean {
  return session.kind === 'failed' && session.error.endsWith(why);
}

/** What the other side of core sends, when all goes well: acts, and some messages. */
function transcript(dialling: boolean, messages: readonly Uint8Array[]): Uint8Array {
  const ours = start(dialling);
  const keys = { staticSecret: THEIRS, ephemeralSecret: THEIR_EPHEMERAL };
  const dialled = dialling ? undefined : dial(transportEnv, { ...keys, remoteStatic: nodeId(OURS) });
  let theirs: Session = dialled?.session ?? accept(transportEnv, keys);
  let out = dialled?.send ?? new Uint8Array(0);
  const answer = dialling ? ours.sent : (receive(transportEnv, ours.session, out).send ?? new Uint8Array(0));
  const step = receive(transportEnv, theirs, answer);
  out = concat(out, step.send ?? new Uint8Array(0));
  theirs = step.session;
  if (dialling) {
    const third = receive(transportEnv, ours.session, out).send ?? new Uint8Array(0);
    theirs = receive(transportEnv, theirs, third).session;
  }
  for (const message of messages) {
    if (theirs.kind !== 'open') break;
    const encrypted = send(transportEnv, theirs, message);
    theirs = encrypted.session;
    out = concat(out, encrypted.bytes);
  }
  return out;
}

const VALID = [transcript(false, []), transcript(true, [])];

export const handshakeTarget: FuzzTarget = {
  name: 'handshake',
  about: 'raw bytes at either role of the BOLT 8 handshake, and what follows it',
  maxLength: 2048,
  fuzz(bytes) {
    const dialling = ((bytes[0] ?? 0) & 1) === 1;
    const stream = bytes.subarray(2);
    const whole = run(dialling, stream, Math.max(1, stream.length));
    promise(whole.sent.length <= MAX_SENT, 'a handshake sends no more than its acts', () => `${whole.sent.length} bytes`);
    const valid = VALID[dialling ? 1 : 0] as Uint8Array;
    // Ours are the only keys at hand, so there is one transcript that proves to know them.
    const proven = sameBytes(stream.subarray(0, valid.length), valid);
    promise(whole.session.kind !== 'open' || proven, 'nobody gets in without the keys', () => summary(whole));
    const otherVersion = stream.length >= ACT_LENGTH && stream[0] !== 0;
    promise(!otherVersion || isRefused(whole, 'BAD_VERSION'), 'an act of another version is refused', () => summary(whole));
    const cut = run(dialling, stream, (bytes[1] ?? 0) + 1);
    promise(summary(cut) === summary(whole), 'fragments make no difference', () => `${summary(cut)}\ninstead of\n${summary(whole)}`);
    const ended = close(whole.session);
    promise(ended.kind !== 'handshake', 'a connection that closes in its handshake has failed', () => summary(whole));
    const waiting = whole.session.kind === 'handshake' && whole.session.handshake.act !== 3;
    promise(!waiting || stream.length < ACT_LENGTH, 'a whole act is judged', () => summary(whole));
  },
  dictionary: VALID.flatMap((valid) => [valid, valid.subarray(0, ACT_LENGTH), valid.subarray(ACT_LENGTH), Uint8Array.of(0, 2)]),
  structure: fc
    .record({
      dialling: fc.boolean(),
      fragment: fc.nat(255),
      messages: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }),
      flip: fc.option(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 255 }))),
    })
    .map(({ dialling, fragment, messages, flip }) => {
      const stream = transcript(dialling, messages);
      const at = flip === null ? -1 : flip[0] % stream.length;
      if (flip !== null) stream[at] = (stream[at] as number) ^ flip[1];
      return Uint8Array.of(dialling ? 1 : 0, fragment, ...stream);
    }),
  describe(bytes) {
    const dialling = ((bytes[0] ?? 0) & 1) === 1;
    const outcome = run(dialling, bytes.subarray(2), 65_536);
    return `we ${dialling ? 'dial' : 'are dialled'}, ${bytes.length - 2} bytes come in fragments of ${(bytes[1] ?? 0) + 1}: ${summary(outcome)}`;
  },
  reaches(bytes) {
    const { session, messages } = run(((bytes[0] ?? 0) & 1) === 1, bytes.subarray(2), 65_536);
    const how = session.kind === 'failed' ? session.error : session.kind;
    return messages.length > 0 ? [how, 'message'] : [how];
  },
};
