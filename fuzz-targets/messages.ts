import { printMessage, toJson } from '../core/wire/print.ts';
import { MAX_MESSAGE_SIZE } from '../core/wire/limits.ts';
import { decodeMessage, encodeMessage, messageRegistry } from '../core/wire/messages/index.ts';
import type { DecodedMessage, Message, MessageName } from '../core/wire/messages/index.ts';
import type { MessageDeclaration } from '../core/wire/message.ts';
import type { Schema } from '../core/wire/codec.ts';
import { arbitraryMessage, anyMessage } from './arbitraries.ts';
import { faithful, keepsCodecPromises } from './codec-promises.ts';
import { dictionaryOf, u16Bytes } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { varied } from './vary.ts';

/** Every message decoder, one target a message, made from the declarations: a new message has its target the day it is declared. */

type Declaration = MessageDeclaration<MessageName, Message>;
const MAX_LENGTH = MAX_MESSAGE_SIZE - 2;
/** A field's name, `=`, and hex that is cut short. */
const MAX_PRINTED_PER_BYTE = 24;

const declarations = new Map<string, Declaration>(messageRegistry.map((entry) => [entry.name, entry]));

function withType({ type }: Declaration, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 2);
  bytes.set(u16Bytes(type));
  bytes.set(payload, 2);
  return bytes;
}

/** What holds for a whole message, whether or not it can be read. */
function keepsMessagePromises(bytes: Uint8Array): DecodedMessage {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) {
    const { kind, messageName, messageType } = decoded.error;
    const named = messageType !== undefined && messageRegistry.some(({ type }) => type === messageType);
    promise(named === (messageName !== undefined), 'an error names the message', () => `${kind} of type ${messageType}`);
    return decoded;
  }
  faithful(bytes, decoded.message, encodeMessage(decoded.message));
  const line = printMessage(decoded.message);
  promise(!line.includes('\n'), 'a message is printed on one line', () => line);
  promise(
    line.length <= MAX_PRINTED_PER_BYTE * bytes.length + 1024,
    'printing is short',
    () => `${line.length} characters of ${bytes.length} bytes`,
  );
  JSON.stringify(toJson(decoded.message));
  return decoded;
}

function describe(bytes: Uint8Array): string {
  const decoded = decodeMessage(bytes);
  if (decoded.ok) return printMessage(decoded.message);
  const { kind, messageName, field, detail } = decoded.error;
  return `${messageName ?? 'a message'}: refused at ${field === '' ? 'its end' : field}: ${kind}, ${detail}`;
}

/** What a message that can be read has: `decoded`, and its properties. */
function properties(bytes: Uint8Array): readonly string[] {
  const decoded = decodeMessage(bytes);
  return decoded.ok ? ['decoded', ...Object.keys(decoded.message)] : [decoded.error.kind];
}

function vary(bytes: Uint8Array, int: (n: number) => number): Uint8Array | undefined {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return undefined;
  const { schema } = (declarations.get(decoded.message.type) as Declaration).codec;
  try {
    return encodeMessage(varied(schema as Schema & { readonly kind: 'struct' }, decoded.message, int) as Message);
  } catch (error) {
    // Two long fields may be more than a message holds.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function messageTarget(declaration: Declaration): FuzzTarget {
  const { name, type, codec } = declaration;
  return {
    name: `message-${name}`,
    about: `the payload of ${name} (type ${type})`,
    maxLength: MAX_LENGTH,
    fuzz(payload) {
      const { ok } = keepsMessagePromises(withType(declaration, payload));
      const alone = keepsCodecPromises(codec, payload);
      promise(ok === alone.ok, 'the codec and the message agree', () => `${ok} and ${alone.ok}`);
    },
    dictionary: dictionaryOf(codec.schema),
    structure: arbitraryMessage(declaration).map((message) => encodeMessage(message).slice(2)),
    vary: (payload, int) => vary(withType(declaration, payload), int)?.slice(2),
    describe: (payload) => describe(withType(declaration, payload)),
    reaches: (payload) => properties(withType(declaration, payload)),
  };
}

export const messageTargets: readonly FuzzTarget[] = messageRegistry.map(messageTarget);

const everyToken = messageRegistry.flatMap(({ type, codec }) => [u16Bytes(type), ...dictionaryOf(codec.schema)]);

/** Any message, its two-byte type included. */
export const anyMessageTarget: FuzzTarget = {
  name: 'any-message',
  about: 'a whole message, its two-byte type included',
  maxLength: MAX_MESSAGE_SIZE,
  fuzz(bytes) {
    keepsMessagePromises(bytes);
  },
  dictionary: dictionaryOf({ kind: 'struct', fields: [] }, everyToken),
  structure: anyMessage.map(encodeMessage),
  vary,
  describe,
  reaches(bytes) {
    const decoded = decodeMessage(bytes);
    return decoded.ok ? [decoded.message.type] : [];
  },
};
