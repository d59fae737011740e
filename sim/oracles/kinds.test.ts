import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORBIDDEN_REQUESTS } from '../actions/users/forbidden-requests.ts';
import { FORBIDDEN_BY } from '../actions/users/forbidden-rules.ts';
import { OWN_KINDS, UndeclaredKindError } from '../world/finding.ts';
import { runScenario } from '../run/run.ts';
import type { Oracle } from '../scenario/types.ts';
import { ORACLES } from './index.ts';

const root = join(import.meta.dirname, '..');
const sources = ['oracles', 'model', 'interpreter', 'run', 'world', 'violations']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)))
  .filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** What the sources put together from parts. */
const composed = [...sources.matchAll(/`([\w.-]*(?:\$\{[^}`]*\}[\w.-]*)+)`/g)].map(
  ([, text = '']) => new RegExp(`^${text.replace(/\$\{[^}`]*\}/g, '[\\w-]+')}$`),
);

/** The groups of a stored channel are kinds of its oracle. */
const states = readFileSync(join(root, '../core/channel/model/state.ts'), 'utf8');

/** Declared once, and made somewhere: as it stands, or from parts of which most are fixed. */
function isMade(kind: string): boolean {
  if (sources.split(`'${kind}'`).length > 2 || new RegExp(`^ +(readonly )?${kind}: `, 'm').test(states)) return true;
  return composed.some((pattern) => pattern.test(kind) && pattern.source.replace(/\[\\w-\]\+|[\^$]/g, '').length >= 4);
}

const tests = ['oracles', 'model', 'sweep']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)))
  .filter((file) => file.endsWith('.test.ts') && !file.endsWith('kinds.test.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** Kinds that no test names, in order: whoever sees one of them fire takes it off. */
const UNSEEN = `
  durability/another-next-point
  durability/forgot-a-revocation
  durability/forgot-a-signature
  durability/revokes-what-was-broadcast
  durability/store-unfinished
  hostile/ignored-it
  hostile/refused-yet-changed
  hostile/sent-a-warning
  hostile/sent-an-error
  ledger/output-of-the-accepter
  ledger/output-of-the-opener
  limits/probe-refused
  limits/refused-the-most
  liveness/channel_ready-never-arrived
  liveness/channel_ready-never-sent
  liveness/does-not-settle
  liveness/ends-apart
  liveness/fail-never-came-back
  liveness/fail_malformed-never-came-back
  liveness/fulfill-never-came-back
  liveness/never-arrived
  liveness/never-decided
  liveness/never-revoked
  liveness/not-passed-on
  liveness/reestablishing
  liveness/shutdown-never-answered
  liveness/shutdown-never-arrived
  liveness/shutdown-never-sent
  liveness/stays
  liveness/stuck
  liveness/usable-never-told
  no-unprovoked-close/forgotten
  reference/before-both-shutdowns
  reference/before-the-channel-is-empty
  reference/closing-without-fee
  reference/htlc-fee
  reference/htlc-key
  reference/htlc-sighash
  reference/htlc-success
  reference/htlc-timeout
  reference/reestablish-numbers-of-revocations-sent
  reference/reestablish-takes-back-revocations-received
  reference/reestablish-takes-back-revocations-sent
  reference/reestablish-takes-back-signatures-received
  reference/while-updates-are-pending
  reference/without-a-point-of-the-peer
  validity/amounts
  validity/dust
  validity/foreign-script
  validity/htlc-signature
  validity/policy
  validity/script
  validity/signature
  watchers/without-final
  watchers/without-funding
  watchers/without-ours
  watchers/without-parameters
  watchers/without-secret
  watchers/without-theirs
`;

describe('kinds of difference', () => {
  const declared = ORACLES.map(({ create }) => create()).flatMap(({ name, kinds }) => kinds.map((kind) => [name, kind] as const));

  it('are few, and can stand in the name of a file', () => {
    for (const [oracle, kind] of [...declared, ...Object.entries(OWN_KINDS).flatMap(([name, kinds]) => kinds.map((kind) => [name, kind]))])
      expect(`${oracle}/${kind}`).toMatch(/^[\w-]+\/[\w.-]+$/);
    for (const { create } of ORACLES) {
      const { kinds } = create();
      expect(new Set(kinds).size).toBe(kinds.length);
    }
  });

  it('are all made somewhere', () => {
    expect([...new Set(declared.map(([, kind]) => kind))].filter((kind) => !isMade(kind))).toEqual([]);
  });

  it('are each named by a test that sees them fire, but for these', () => {
    const unseen = declared.filter(([, kind]) => !new RegExp(`[/'\`]${kind.replaceAll('.', '\\.')}['\`]`).test(tests));
    expect([...new Set(unseen.map(([oracle, kind]) => `${oracle}/${kind}`))].sort()).toEqual(
      UNSEEN.split(/\s+/).filter((name) => name !== ''),
    );
  });

  it('are refused where an oracle has not declared them, and no node is blamed', () => {
    const at = (kinds: readonly string[]): Oracle => {
      const oracle: Oracle = {
        name: 'acme/own',
        kinds,
        step: () => ({ oracle: 'acme/own', rule: 'r', kind: 'k', message: '', expected: '', actual: '', at: 'setup' }),
        fork: () => oracle,
      };
      return oracle;
    };
    const scenario = {
      format: 1,
      world: {
        seed: '1',
        crypto: 'fake',
        nodes: [{ name: 'A' }, { name: 'B' }],
        links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 1 } }],
        channels: [],
      },
      actions: [],
      expect: 'pass',
    } as const;
    expect(() => runScenario(scenario, { oracles: [() => at(['other'])] })).toThrow(UndeclaredKindError);
    expect(runScenario(scenario, { oracles: [() => at(['other', 'k'])] }).fingerprint).toBe('acme/own/r/k');
    const settled: Oracle = {
      name: 'acme/own',
      kinds: [],
      settled: () => at(['k']).step?.(undefined as never, undefined as never),
      fork: () => settled,
    };
    expect(() => runScenario(scenario, { oracles: [() => settled] })).toThrow(UndeclaredKindError);
  });
});

describe('requests that must be refused', () => {
  it('are each forbidden by a rule', () => {
    expect(Object.keys(FORBIDDEN_BY).sort()).toEqual([...FORBIDDEN_REQUESTS.keys()].sort());
  });
});
