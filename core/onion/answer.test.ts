import { describe, expect, it } from 'vitest';
import type { Hash32 } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import { toHex } from '../crypto/bytes.ts';
import { answerFailure } from './answer.ts';
import type { FailingHtlc, FailureCause } from './answer.ts';
import { attribute } from './attribution.ts';
import type { Failure } from './failure-messages.ts';
import { readFailure } from './failure-onion.ts';
import type { ReadFailure } from './failure-onion.ts';
import { fake } from './onion.fixture.ts';

const secret = (n: number): Hash32 => n.toString(16).padStart(64, '0') as Hash32;
const onion = new Uint8Array(1366).fill(5);
const hash = sha256Hex<Hash32>(fake, toHex(onion));
const other = '99'.repeat(32) as Hash32;
const plain: FailingHtlc = { onion, position: 'plain', sharedSecret: secret(1), holdTime: 7 };
const htlcIn = (position: FailingHtlc['position']): FailingHtlc => ({ ...plain, position });

/** The next node's answer, which says this. */
function downstream(failure: Failure): FailureCause {
  const answer = answerFailure(fake, { ...plain, sharedSecret: secret(2), holdTime: 3 }, { kind: 'own', failure });
  if (answer.kind !== 'update_fail_htlc') throw new Error('malformed');
  return { kind: 'downstream', reason: answer.reason, attributionData: answer.attributionData };
}

const CAUSES: readonly FailureCause[] = [
  { kind: 'unpeelable', rule: 'onion.payload_length' },
  { kind: 'own', failure: { type: 'unknown_next_peer' } },
  downstream({ type: 'mpp_timeout' }),
  { kind: 'downstream_malformed', failureCode: 0xc018, sha256OfOnion: other },
];

/** What the origin reads of the answer of the first of two hops. */
function readOf(htlc: FailingHtlc, cause: FailureCause): ReadFailure & { readonly delayed: boolean } {
  const answer = answerFailure(fake, htlc, cause);
  if (answer.kind !== 'update_fail_htlc') throw new Error('malformed');
  return { ...readFailure(fake, [secret(1), secret(2)], answer.reason, answer.attributionData), delayed: answer.delayed };
}

describe('a failure is told', () => {
  it.each([
    ['onion.version', 0xc004],
    ['onion.public_key', 0xc006],
    ['onion.hmac', 0xc005],
  ] as const)('%s: to the sending peer alone, with the hash of the onion', (rule, failureCode) => {
    const unpeelable = { ...plain, sharedSecret: undefined };
    const expected = { kind: 'update_fail_malformed_htlc', sha256OfOnion: hash, failureCode, delayed: false };
    expect(answerFailure(fake, unpeelable, { kind: 'unpeelable', rule })).toEqual(expected);
  });

  it('to the origin, with the time that it was held', () => {
    const failures = CAUSES.map((cause) => readOf(plain, cause));
    expect(failures.map(({ source, holdTimes }) => [source?.hop, source?.failure, holdTimes])).toMatchObject([
      [0, { failure: { type: 'invalid_onion_payload', tlvType: 0n, offset: 0 } }, [7]],
      [0, { failure: { type: 'unknown_next_peer' } }, [7]],
      [1, { failure: { type: 'mpp_timeout' } }, [7, 3]],
      [0, { failure: { type: 'invalid_onion_blinding', sha256OfOnion: other } }, [7]],
    ]);
    expect(failures.map(({ delayed }) => delayed)).toEqual([false, false, false, false]);
  });

  it('without attribution data where it isn’t spoken, or where the next node sent none', () => {
    for (const cause of CAUSES)
      expect(answerFailure(fake, { ...plain, holdTime: undefined }, cause)).toMatchObject({ attributionData: undefined });
    const silent = { ...downstream({ type: 'mpp_timeout' }), attributionData: undefined } as FailureCause;
    expect(readOf(plain, silent)).toMatchObject({ source: { hop: 1 }, holdTimes: [7], unattributed: 1 });
    expect(attribute(fake, secret(1), new Uint8Array(0), 1, undefined).htlcHoldTimes).toHaveLength(20);
  });

  it('by the introduction node always alike, and late', () => {
    const answers = CAUSES.map((cause) => answerFailure(fake, htlcIn('introduction'), cause));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(readOf(htlcIn('introduction'), CAUSES[1] as FailureCause)).toMatchObject({
      source: { hop: 0, failure: { failure: { type: 'invalid_onion_blinding', sha256OfOnion: hash } } },
      holdTimes: [7],
      delayed: true,
    });
  });

  it('inside of a blinded path always alike, whether or not the onion could be peeled', () => {
    for (const cause of [...CAUSES, { kind: 'unpeelable', rule: 'onion.path_key' } as const])
      for (const sharedSecret of [secret(1), undefined])
        expect(answerFailure(fake, { ...htlcIn('blinded'), sharedSecret }, cause)).toEqual({
          kind: 'update_fail_malformed_htlc',
          sha256OfOnion: hash,
          failureCode: 0xc018,
          delayed: false,
        });
  });
});
