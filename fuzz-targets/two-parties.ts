import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import type { TransportEnv } from '../core/transport/cipher.ts';
import { concat } from '../core/wire/fragments.ts';
import { accept, dial, receive, send } from '../core/transport/session.ts';
import type { Session } from '../core/transport/session.ts';
import { sameBytes } from '../sim/deterministic/bytes.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { crypto, nodeId, secretKey, watchedCipher } from './transport-env.ts';

/**
 * Two ends of one connection and a wire between them. Input: operations of three bytes, the first what and in which direction, the others
 * a number of 16 bits.
 */
const WIDTH = 3;
const OPERATIONS = ['send', 'deliver', 'flip', 'burst'] as const;
type OperationKind = (typeof OPERATIONS)[number];
interface Operation {
  readonly kind: OperationKind;
  /** Of the sender: 0 has dialled. */
  readonly from: 0 | 1;
  readonly n: number;
}

const MAX_OPERATIONS = 60;
/** A burst sends one message more than it takes to rotate the key. */
const MAX_BURST = 501;
/** Of one execution, both ends together. */
const MAX_MESSAGES = 1100;

function operations(bytes: Uint8Array): readonly Operation[] {
  const out: Operation[] = [];
  for (let at = 0; at + WIDTH <= bytes.length && out.length < MAX_OPERATIONS; at += WIDTH) {
    const [what, high, low] = bytes.subarray(at, at + WIDTH) as unknown as [number, number, number];
    out.push({ kind: OPERATIONS[(what >> 1) % OPERATIONS.length] as OperationKind, from: (what & 1) as 0 | 1, n: (high << 8) | low });
  }
  return out;
}

function toBytes({ kind, from, n }: Operation): readonly number[] {
  return [(OPERATIONS.indexOf(kind) << 1) | from, n >> 8, n & 0xff];
}

class End {
  session: Session;
  /** On the wire to the other end. */
  wire = new Uint8Array(0);
  readonly sent: Uint8Array[] = [];
  received = 0;
  /** Somebody has changed what the other end sends. */
  deceived = false;

  constructor(session: Session) {
    this.session = session;
  }
}

class Connection {
  private readonly env: TransportEnv = { crypto, cipher: watchedCipher() };
  readonly ends: readonly [End, End];
  readonly notes: string[] = [];

  constructor() {
    const dialled = dial(this.env, { staticSecret: secretKey(1), remoteStatic: nodeId(secretKey(2)), ephemeralSecret: secretKey(3) });
    const first = new End(dialled.session);
    first.wire = dialled.send.slice();
    this.ends = [first, new End(accept(this.env, { staticSecret: secretKey(2), ephemeralSecret: secretKey(4) }))];
  }

  apply({ kind, from, n }: Operation): void {
    const sender = this.ends[from];
    switch (kind) {
      case 'send':
        this.send(sender, n);
        break;
      case 'burst':
        for (let i = 0; i <= n % MAX_BURST; i++) {
          this.send(sender, n % 7);
          this.deliver(from, sender.wire.length);
        }
        break;
      case 'deliver':
        this.deliver(from, n + 1);
        break;
      case 'flip':
        this.flip(from, n);
        break;
    }
  }

  private send(end: End, length: number): void {
    if (end.session.kind !== 'open' || this.ends[0].sent.length + this.ends[1].sent.length >= MAX_MESSAGES) return;
    const message = new Uint8Array(length).fill(end.sent.length & 0xff);
    const { session, bytes } = send(this.env, end.session, message);
    end.session = session;
    end.sent.push(message);
    end.wire = concat(end.wire, bytes) as Uint8Array<ArrayBuffer>;
  }

  private flip(from: 0 | 1, n: number): void {
    const { wire } = this.ends[from];
    if (wire.length === 0) return;
    const at = n % wire.length;
    wire[at] = (wire[at] as number) ^ (1 << (n % 8));
    this.ends[(1 - from) as 0 | 1].deceived = true;
  }

  private deliver(from: 0 | 1, count: number): void {
    const sender = this.ends[from];
    const receiver = this.ends[(1 - from) as 0 | 1];
    const fragment = sender.wire.slice(0, count);
    sender.wire = sender.wire.slice(count);
    const step = receive(this.env, receiver.session, fragment);
    receiver.session = step.session;
    if (step.send !== undefined) receiver.wire = concat(receiver.wire, step.send) as Uint8Array<ArrayBuffer>;
    for (const message of step.messages) {
      const expected = sender.sent[receiver.received++];
      const intact = expected !== undefined && sameBytes(message, expected);
      promise(
        intact,
        'messages arrive whole, in order, or not at all',
        () => `${toHex(message).slice(0, 80)} came as number ${receiver.received}`,
      );
    }
    if (step.session.kind === 'failed') this.notes.push(`end ${1 - from}: ${step.session.error}`);
    promise(step.session.kind !== 'failed' || this.ends.some((end) => end.deceived), 'nothing fails between honest ends', () =>
      this.notes.join(', '),
    );
  }

  /** All bytes arrive: where nobody interfered, so do all messages. */
  finish(): void {
    for (let i = 0; i < 3; i++) for (const from of [0, 1] as const) this.deliver(from, this.ends[from].wire.length);
    if (this.ends.some((end) => end.deceived)) return;
    for (const from of [0, 1] as const) {
      const got = this.ends[(1 - from) as 0 | 1].received;
      const sent = this.ends[from].sent.length;
      promise(got === sent, 'every message arrives', () => `${got} of ${sent} from end ${from}`);
    }
    promise(
      this.ends.every(({ session }) => session.kind === 'open'),
      'honest ends complete the handshake',
      () => '',
    );
  }
}

function run(bytes: Uint8Array): Connection {
  const connection = new Connection();
  for (const operation of operations(bytes)) connection.apply(operation);
  connection.finish();
  return connection;
}

const operation = fc.record({
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom<OperationKind>('send', 'deliver', 'deliver') },
    { weight: 4, arbitrary: fc.constant<OperationKind>('flip') },
    { weight: 1, arbitrary: fc.constant<OperationKind>('burst') },
  ),
  from: fc.constantFrom<0 | 1>(0, 1),
  n: fc.oneof(fc.nat(200), fc.nat(0xffff)),
});
const OPEN: readonly Operation[] = [
  { kind: 'deliver', from: 0, n: 0xffff },
  { kind: 'deliver', from: 1, n: 0xffff },
  { kind: 'deliver', from: 0, n: 0xffff },
];

export const twoPartiesTarget: FuzzTarget = {
  name: 'two-parties',
  about: 'two ends of an encrypted connection, under any fragmentation, with bits flipped on the way',
  maxLength: WIDTH * MAX_OPERATIONS,
  fuzz(bytes) {
    run(bytes);
  },
  dictionary: [...OPEN.map(toBytes), toBytes({ kind: 'burst', from: 0, n: 500 }), toBytes({ kind: 'burst', from: 1, n: 500 })].map((op) =>
    Uint8Array.from(op),
  ),
  structure: fc
    .tuple(fc.boolean(), fc.array(operation, { maxLength: 20 }))
    .map(([open, rest]) => Uint8Array.from([...(open ? OPEN : []), ...rest].flatMap(toBytes))),
  describe(bytes) {
    const words: Readonly<Record<OperationKind, (n: number) => string>> = {
      send: (n) => `sends a message of ${n} bytes`,
      burst: (n) => `sends ${(n % MAX_BURST) + 1} messages`,
      deliver: (n) => `${n + 1} of its bytes arrive`,
      flip: (n) => `bit ${n % 8} of a byte on its way is flipped`,
    };
    return operations(bytes)
      .map(({ kind, from, n }) => `end ${from}: ${words[kind](n)}`)
      .join('\n');
  },
  reaches(bytes) {
    const { ends } = run(bytes);
    return [
      ...(ends.every(({ session }) => session.kind === 'open') ? ['open'] : []),
      ...(ends.some(({ received }) => received > 0) ? ['message'] : []),
      ...(ends.some(({ sent }) => sent.length > 500) ? ['rotation'] : []),
      ...(ends.some(({ session }) => session.kind === 'failed') ? ['failed'] : []),
    ];
  },
};
