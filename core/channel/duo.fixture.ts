import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChannelId, Hash32, PublicKey, Script, SecretKey, Txid } from '../crypto/bytes.ts';
import { at, read } from '../chain/chain.fixture.ts';
import { DEFAULT_CONFIG } from '../node/config.ts';
import type { Side } from '../transactions/types.ts';
import { other } from '../transactions/types.ts';
import type { ChannelMessage, Message, MessageName } from '../wire/messages/index.ts';
import { receiveOpenChannel } from './establish/accepter.ts';
import { channelStep } from './channel.ts';
import type { ChannelCommand, ChannelConfig, ChannelEnv, ChannelInput, ChannelOutput, OpenCommand } from './model/channel-vocabulary.ts';
import { ChannelCache } from './commitments/cache.ts';
import { createSigner } from './commitments/key-signer.ts';
import type { KeySigner } from './commitments/key-signer.ts';
import { startOpen } from './establish/opener.ts';
import type { ChannelState, FundedState, StoredChannel } from './model/state.ts';
import { storable } from './model/stored-form.fixture.ts';
import { isRefusal, isViolation } from './model/violation.ts';
import type { RuleId } from '../rules.ts';

const crypto = createFakeCrypto();

export function bytes32<T extends string = Hash32>(n: number): T {
  return n.toString(16).padStart(2, '0').repeat(32) as T;
}

export const NODE_ID: Readonly<Record<Side, PublicKey>> = {
  opener: crypto.publicKey(bytes32<SecretKey>(0x0a)),
  accepter: crypto.publicKey(bytes32<SecretKey>(0x0b)),
};
export const P2WPKH_A = ('0014' + 'a1'.repeat(20)) as Script;
export const P2WPKH_B = ('0014' + 'b2'.repeat(20)) as Script;
export const TEMPORARY_ID = bytes32<ChannelId>(0x77);

function signerOf(side: Side, provider: Crypto = crypto): KeySigner {
  const n = side === 'opener' ? 0x0a : 0x0b;
  return createSigner(provider, bytes32(n), bytes32(n));
}

export function envOf(side: Side, config: Partial<ChannelConfig> = {}, surroundings: Partial<ChannelEnv> = {}): ChannelEnv {
  return {
    crypto,
    signer: signerOf(side),
    cache: new ChannelCache(crypto),
    config: { ...DEFAULT_CONFIG, watchers: ['monitor'], ...config },
    onions: undefined,
    mayBeOld: false,
    tip: at(100),
    awayFrom: undefined,
    nowMs: 0,
    feeratePerKw: 2500,
    peerFeatures: DEFAULT_CONFIG.features,
    ...surroundings,
  };
}

export function openCommand(changes: Partial<OpenCommand> = {}): OpenCommand {
  return {
    kind: 'open',
    peer: NODE_ID.accepter,
    temporaryChannelId: TEMPORARY_ID,
    keysId: bytes32(1),
    fundingSat: 1_000_000n,
    pushMsat: 300_000_000n,
    feeratePerKw: 2500,
    format: 'anchors',
    announce: false,
    ...changes,
  };
}

export function fundingTx(amountSat: bigint, script: Script): Tx {
  const input = { txid: bytes32<Txid>(0x99), vout: 0, sequence: 0xffffffff, scriptSig: '' as Script, witness: ['00'] };
  return { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat, script }] };
}

/** One end of a channel, its surroundings, and what it has done. */
export interface End {
  env: ChannelEnv;
  state: ChannelState;
  readonly outgoing: Message[];
  readonly log: ChannelOutput[];
}

/** The two ends of one channel without nodes around them: stores are done at once. */
export class Duo {
  readonly signers: Readonly<Record<Side, KeySigner>>;
  readonly ends: Readonly<Record<Side, End>>;

  constructor(
    options: {
      readonly opener?: Partial<ChannelConfig>;
      readonly accepter?: Partial<ChannelConfig>;
      readonly command?: Partial<OpenCommand>;
      /** The simulator's fake one, where it is absent. */
      readonly crypto?: Crypto;
    } = {},
  ) {
    const provider = options.crypto ?? crypto;
    this.signers = { opener: signerOf('opener', provider), accepter: signerOf('accepter', provider) };
    const nothing: ChannelState = { phase: 'forgotten', rule: 'channel.given_up', reason: 'not begun' };
    const end = (side: Side): End => {
      const surroundings = { crypto: provider, signer: this.signers[side], cache: new ChannelCache(provider) };
      return { env: envOf(side, options[side], surroundings), state: nothing, outgoing: [], log: [] };
    };
    this.ends = { opener: end('opener'), accepter: end('accepter') };
    const started = startOpen(this.ends.opener.env, openCommand(options.command));
    if (isRefusal(started)) throw new Error(`${started.rule}: ${started.detail}`);
    this.#take('opener', started.state, started.effects);
  }

  input(side: Side, input: ChannelInput): readonly ChannelOutput[] {
    const { env, state } = this.ends[side];
    const step = channelStep(env, state, input);
    this.#take(side, step.state, step.effects);
    return step.effects;
  }

  message(side: Side, message: Message): readonly ChannelOutput[] {
    return this.input(side, { kind: 'message', message: message as ChannelMessage });
  }

  command(side: Side, command: ChannelCommand): readonly ChannelOutput[] {
    return this.input(side, { kind: 'command', command });
  }

  /** Delivers the oldest message that `from` has sent. */
  deliver(from: Side): Message | undefined {
    const message = this.ends[from].outgoing.shift();
    if (message === undefined) return undefined;
    const to = other(from);
    if (message.type === 'open_channel') {
      const received = receiveOpenChannel(this.ends[to].env, NODE_ID[from], message);
      if (isViolation(received)) throw new Error(`${received.rule}: ${received.detail}`);
      this.#take(to, received.state, received.effects);
    } else if (message.type === 'error' || message.type === 'warning') {
      this.ends[to].log.push({ kind: 'send', peer: NODE_ID[to], message });
    } else {
      this.message(to, message);
    }
    return message;
  }

  /** Delivers until nothing is left; the types, in order. */
  exchange(): readonly string[] {
    const types: string[] = [];
    for (;;) {
      const fromOpener = this.deliver('opener');
      const fromAccepter = this.deliver('accepter');
      if (fromOpener !== undefined) types.push(`opener ${fromOpener.type}`);
      if (fromAccepter !== undefined) types.push(`accepter ${fromAccepter.type}`);
      if (fromOpener === undefined && fromAccepter === undefined) return types;
    }
  }

  block(transactions: readonly Tx[] = [], count = 1): void {
    for (const side of ['opener', 'accepter'] as const) {
      this.see(side, this.ends[side].env.tip.height + count, transactions);
    }
  }

  /** One end hears of the block of this height, of another branch than the usual one from `fork` on. */
  see(side: Side, height: number, transactions: readonly Tx[] = [], branch = 0, fork = this.ends[side].env.tip): readonly ChannelOutput[] {
    const end = this.ends[side];
    const tip = at(height, branch);
    end.env = { ...end.env, tip };
    const blocks = [{ height, hash: tip.hash, transactions: transactions.map((tx, index) => ({ index, tx })) }];
    return this.input(side, read({ kind: 'chain', fork, blocks, tip }));
  }

  /** Loses the connection and what is in flight, and comes back. */
  reconnect(): void {
    for (const side of ['opener', 'accepter'] as const) {
      this.ends[side].outgoing.length = 0;
      this.input(side, { kind: 'disconnected' });
    }
    for (const side of ['opener', 'accepter'] as const) this.input(side, { kind: 'connected' });
  }

  /** Up to the host's question for a funding transaction. */
  negotiate(acceptScript?: Script): Tx {
    this.exchange();
    const accept = { kind: 'accept', peer: NODE_ID.opener, channelId: TEMPORARY_ID, keysId: bytes32<Hash32>(2) } as const;
    this.command('accepter', acceptScript === undefined ? accept : { ...accept, upfrontShutdownScript: acceptScript });
    this.exchange();
    const asked = this.ends.opener.log.findLast((effect) => effect.kind === 'ask');
    if (asked?.kind !== 'ask' || asked.question.kind !== 'fund') throw new Error('no funding was asked for');
    return fundingTx(asked.question.amountSat, asked.question.script);
  }

  /** Up to funding_signed. */
  fund(): Tx {
    const tx = this.negotiate();
    this.command('opener', { kind: 'fund', peer: NODE_ID.accepter, channelId: TEMPORARY_ID, tx });
    this.exchange();
    return tx;
  }

  /** Up to normal operation. */
  open(): this {
    this.block([this.fund()]);
    this.block([], 2);
    this.exchange();
    return this;
  }

  funded(side: Side): FundedState {
    const { state } = this.ends[side];
    if (state.phase !== 'funded') throw new Error(`${side} is ${state.phase}`);
    return state;
  }

  /** The secret that revokes a commitment of this side, revealed or not. */
  commitmentSecret(side: Side, number: bigint): SecretKey {
    return this.signers[side].revealSecret((this.ends[side].state as StoredChannel).params.keysId, number);
  }

  get channelId(): ChannelId {
    return this.funded('opener').channelId;
  }

  #take(side: Side, state: ChannelState, effects: readonly ChannelOutput[]): void {
    const end = this.ends[side];
    end.state = storable(state);
    end.log.push(...effects);
    for (const effect of effects) if (effect.kind === 'send') end.outgoing.push(effect.message);
  }
}

/** Kinds of effects in order, with the names of messages. What is told of a broken rule is `brokenRule`. */
export function kinds(effects: readonly ChannelOutput[]): readonly string[] {
  return effects.flatMap((effect) => (effect.kind === 'violated' ? [] : [effect.kind === 'send' ? effect.message.type : effect.kind]));
}

/** The rule that the peer has broken, if it has. */
export function brokenRule(effects: readonly ChannelOutput[]): RuleId | undefined {
  const violated = effects.find((effect) => effect.kind === 'violated');
  return violated?.kind === 'violated' ? violated.rule : undefined;
}

/** The only message of this type among the effects. */
export function sent<N extends MessageName>(effects: readonly ChannelOutput[], type: N): Extract<Message, { type: N }> {
  const found = effects.flatMap((effect) => (effect.kind === 'send' && effect.message.type === type ? [effect.message] : []));
  if (found.length !== 1) throw new Error(`${found.length} of ${type}`);
  return found[0] as Extract<Message, { type: N }>;
}

/** The text of the error or warning among the effects. */
export function complaint(effects: readonly ChannelOutput[]): string | undefined {
  const effect = effects.find((e) => e.kind === 'send' && (e.message.type === 'error' || e.message.type === 'warning'));
  if (effect?.kind !== 'send' || (effect.message.type !== 'error' && effect.message.type !== 'warning')) return undefined;
  const { data, type } = effect.message;
  return `${type} ${String.fromCharCode(...(data.match(/../g) ?? []).map((byte) => parseInt(byte, 16)))}`;
}
