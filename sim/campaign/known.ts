import { FINGERPRINT_VERSION } from '../world/finding.ts';
import { FORBIDDEN_BY } from '../actions/users/forbidden-rules.ts';
import type { Known } from './results.ts';

/** Findings set aside, as a file has them: `{ "version": 3, "findings": { "<fingerprint>": "<reason>" } }`. Throws a RangeError that says what is wrong. */
export function parseKnown(value: unknown): Known {
  if (!isRecord(value)) throw new RangeError(FORM);
  const { version, findings } = value;
  if (version === FINGERPRINT_VERSION) {
    if (!isRecord(findings) || !Object.values(findings).every((reason) => typeof reason === 'string' && reason !== ''))
      throw new RangeError(`${FORM}, with a reason each`);
    const strange = Object.keys(findings).find((name) => !FINGERPRINT.test(name));
    if (strange !== undefined)
      throw new RangeError(`'${strange}' is no fingerprint: copy it from a report, like agreement/commitment/feerate`);
    return findings as Known;
  }
  const old = version === undefined ? value : findings;
  if (!isRecord(old) || (version !== undefined && typeof version !== 'number')) throw new RangeError(FORM);
  throw new RangeError(otherVersion(typeof version === 'number' ? version : 1, Object.keys(old)));
}

const FORM = `write { "version": ${FINGERPRINT_VERSION}, "findings": { "<fingerprint>": "<reason>" } }`;
const FINGERPRINT = /^[^\s/]+(\/[^\s/]+)?\/[\w.-]+\/[\w.-]+$/;

function otherVersion(version: number, names: readonly string[]): string {
  const lines = names.map((name) => {
    const now = version === 1 ? renamed(name) : version === 2 ? (SINCE_2[name] ?? name) : undefined;
    return now === undefined ? `  ${name}: cannot be told, look at what a campaign finds` : `  ${name}: now ${now}`;
  });
  return [
    `these fingerprints are of version ${version}, this is version ${FINGERPRINT_VERSION}, which calls findings otherwise:`,
    ...lines,
    `Look whether each still describes what you know, then ${FORM}.`,
  ].join('\n');
}

/** What became of names of version 2; the others are the same. */
const SINCE_2: Readonly<Record<string, string>> = {
  'liveness/channel/never-ready': 'liveness/channel/channel_ready-never-arrived, or -never-sent',
  'liveness/channel/never-closed': 'the same, or liveness/channel/shutdown-never-…',
  'liveness/htlc/stays': 'the same, or liveness/htlc/never-presented, or decision-never-committed',
  'reference/commitment_signed/without-any-update': 'the same, or …/updates-not-yet-signed, or …before-its-revoke_and_ack',
};

/** What a finding of version 1 is called now. Undefined where what was one name is several, or was made of prose. */
export function renamed(old: string): string | undefined {
  const [oracle = '', ...rest] = old.split('/');
  const kind = rest.pop() ?? '';
  const rule = rest.join('/');
  const now = oracle === 'hostile' ? hostile(rule, kind) : (RENAMED[oracle]?.(rule, kind) ?? undefined);
  return now === undefined ? undefined : `${oracle}/${now}`;
}

const dashed = (text: string): string =>
  text
    .toLowerCase()
    .replace(/'s\b/g, '')
    .replace(/[^\w.]+/g, '-');

function hostile(rule: string, kind: string): string | undefined {
  if (rule === 'told the peer') return `leak.${kind}/told-the-peer`;
  if (rule === 'other channels') return `other-channels/${kind === 'changed' ? kind : 'affected'}`;
  if (rule === 'pay-a-little-too-much' && kind === 'obeyed') return undefined;
  const request = FORBIDDEN_BY[rule]?.rule;
  if (request === undefined) return `${rule.replace(', ', '.')}/${dashed(kind)}`;
  const refusals: Readonly<Record<string, string>> = {
    obeyed: 'obeyed',
    'refused, yet changed its state': 'refused-yet-changed',
    'refused, yet did something': 'refused-yet-acted',
  };
  return refusals[kind] && `${request}/${refusals[kind]}`;
}

/** By oracle: rule and kind of version 1 to those of now. */
const RENAMED: Readonly<Record<string, (rule: string, kind: string) => string | undefined>> = {
  agreement: (rule, kind) => `${rule === 'commitment' ? rule : 'shared-state'}/${contentKind(kind)}`,
  reference: (rule, kind) => (rule === 'commitment' ? `${rule}/${contentKind(kind)}` : `${rule}/${dashed(kind)}`),
  ledger: (rule, kind) => {
    if (rule === 'payment outcome') return `payment/${dashed(kind)}`;
    if (rule === 'closing transaction')
      return `closing-transaction/${kind === 'unknown output' ? 'unknown-output' : `output-of-${dashed(kind).replace('-output', '')}`}`;
    if (kind === 'broadcast in place of a mutual close') return 'commitment-transaction/in-place-of-a-mutual-close';
    return `${dashed(rule)}/${dashed(kind)}`;
  },
  limits: (rule, kind) => {
    if (rule === 'accepted by the receiver') return `update_add_htlc.${kind}/exceeded`;
    if (rule === 'max_dust_htlc_exposure_msat') return `update_add_htlc.${rule}/${dashed(kind).replace('htlc-', '')}`;
    return `${rule}/${dashed(kind)}`;
  },
  liveness: (rule, kind) => (rule === 'the world settles' ? `world.settles/${kind}` : `${rule.toLowerCase()}/${dashed(kind)}`),
  deadlines: (_, kind) => `htlc.${kind.startsWith('offered') ? 'timeout' : 'fulfillment'}_deadline/${dashed(kind)}`,
  'no-unprovoked-close': (rule, kind) => `${rule}/${kind}`,
  durability: (rule, kind) => {
    if (rule !== 'told before it was durable') return undefined;
    const [what = '', obstacle = ''] = kind.split(', ');
    return `durable-first.${what.replace(/^broadcast of the (\w+)$/, '$1-transaction')}/${obstacle}`;
  },
  determinism: (rule, kind) => `${rule}/${dashed(kind)}`,
};

function contentKind(path: string): string {
  if (path === 'same contents, other transaction') return 'transaction';
  return /feerate/.test(path)
    ? 'feerate'
    : /balance/.test(path)
      ? 'balance'
      : /htlcs/.test(path)
        ? 'htlcs'
        : path.startsWith('logs')
          ? 'updates'
          : 'numbers';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
