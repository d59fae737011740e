import { describe, expect, it } from 'vitest';
import { emptyTally } from '../../../sim/campaign/results.ts';
import type { Finding } from '../../../sim/scenario/types.ts';
import { huntReport } from './hunt-report.ts';
import type { HuntReport, ReportedFinding } from './hunt-report.ts';
import { annotations, stepSummary } from './github.ts';
import { junitXml } from './junit.ts';
import { sarifJson } from './sarif.ts';

const verdict: Finding = {
  oracle: 'agreement',
  rule: 'commitment_signed.signature',
  kind: 'signed-feerate',
  node: 'A',
  message: 'A says "<b> & c"\u0007',
  expected: '1',
  actual: '2\n3',
  at: 3,
};
const finding: ReportedFinding = {
  fingerprint: 'agreement/commitment_signed.signature/signed-feerate',
  count: 2,
  seeds: [3, 9],
  foundAs: ['agreement/commitment_signed.signature/signed-feerate'],
  seed: 3,
  token: 'f8-x-3',
  verdict,
  file: 'findings/agreement x.json',
  replay: 'npx fulgurite replay x',
  actions: 4,
};

function reportWith(findings: readonly ReportedFinding[], hung?: string): HuntReport {
  const tally = emptyTally();
  tally.counts.asked['ledger'] = 40;
  tally.counts.asked['agreement'] = 40;
  const environment = { fulgurite: '0.1.0', commit: 'abc', node: 'v22', platform: 'linux x64', command: 'fulgurite consistency', workers: 2, elapsedMs: 1500 };
  const circumstances = { options: {}, seeds: { from: 1, to: 9 }, oracles: ['agreement', 'ledger', 'codec'], environment };
  return huntReport({ tally, covered: [[1, 9]], ended: 'seeds' }, findings, circumstances, hung);
}

/** The elements of an XML document, outermost first. Throws where it is not well-formed. */
function elements(xml: string): { readonly name: string; readonly attributes: Readonly<Record<string, string>>; readonly parent: string }[] {
  const open: string[] = [];
  const found: ReturnType<typeof elements> = [];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<&]*(?:&(?:amp|lt|gt|quot|#10);[^"<&]*)*")*)(\/?)>|([^<]+)/gy;
  for (let match = token.exec(body), end = 0; end < body.length; match = token.exec(body)) {
    if (match === null) throw new Error(`not well-formed: ${body.slice(end, end + 80)}`);
    end = token.lastIndex;
    const [, closing, name, attributes = '', empty, text] = match;
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b-\u001f]/.test(match[0]) || /&(?!(amp|lt|gt|quot|#10);)/.test(match[0])) throw new Error(`forbidden: ${match[0]}`);
    if (text !== undefined || name === undefined) continue;
    if (closing !== '') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const pairs = [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value] as const);
    found.push({ name, attributes: Object.fromEntries(pairs), parent: open.at(-1) ?? '' });
    if (empty === '') open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.join('><')}> stays open`);
  return found;
}

describe('a report as JUnit XML', () => {
  it('has a test case for each bug, each oracle that held, and each that was never asked', () => {
    const known: ReportedFinding = { ...finding, fingerprint: 'ledger/payment/x', known: 'since May', verdict: { ...verdict, oracle: 'ledger' } };
    const all = elements(junitXml(reportWith([finding, known], 'f8-x-7')));
    expect(all.slice(0, 2).map(({ name, attributes }) => [name, attributes])).toEqual([
      ['testsuites', { name: 'fulgurite', tests: '4', failures: '1', errors: '1', skipped: '2', time: '1.500' }],
      ['testsuite', { name: 'consistency, seeds 1..9', tests: '4', failures: '1', errors: '1', skipped: '2', time: '1.500' }],
    ]);
    expect(all.filter(({ name }) => name === 'testcase').map(({ attributes, parent }) => [attributes['classname'], attributes['name'], parent])).toEqual([
      ['fulgurite.agreement', finding.fingerprint, 'testsuite'],
      ['fulgurite.ledger', 'ledger/payment/x', 'testsuite'],
      ['fulgurite.harness', 'seed f8-x-7', 'testsuite'],
      ['fulgurite.codec', 'codec', 'testsuite'],
    ]);
    expect(all.find(({ name }) => name === 'failure')).toMatchObject({
      attributes: { message: 'A says &quot;&lt;b&gt; &amp; c&quot;?', type: 'signed-feerate' },
      parent: 'testcase',
    });
  });

  it('passes where nothing was found', () => {
    const cases = elements(junitXml(reportWith([]))).filter(({ name }) => name === 'testcase');
    expect(cases.map(({ attributes }) => attributes['name'])).toEqual(['agreement', 'ledger', 'codec']);
  });
});

interface Sarif {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string; readonly fullDescription?: object }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations?: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[];
      readonly suppressions?: readonly { readonly kind: string }[];
    }[];
  }[];
}

describe('a report as SARIF', () => {
  it('has what the specification requires, and a result for each bug at its case', () => {
    const { file: _file, ...known } = finding;
    const withoutFile: ReportedFinding = { ...known, fingerprint: 'ledger/payment/x', known: 'since May' };
    const report = reportWith([finding, withoutFile]);
    const { version, runs } = JSON.parse(sarifJson(report)) as Sarif;
    expect(version).toBe('2.1.0');
    expect(runs).toHaveLength(1);
    for (const { tool, results } of runs) {
      expect(tool.driver.name).toBe('fulgurite');
      expect(results).toHaveLength(2);
      for (const result of results) {
        expect(tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
        expect(['none', 'note', 'warning', 'error']).toContain(result.level);
        expect(result.message.text).not.toBe('');
      }
      const places = results.map(({ locations }) => locations?.[0]?.physicalLocation.artifactLocation.uri);
      expect(places).toEqual(['findings/agreement%20x.json', 'findings']);
      expect(results.map(({ suppressions }) => suppressions?.[0]?.kind)).toEqual([undefined, 'external']);
    }
  });
});

describe('a report in a hosted workflow', () => {
  const known: ReportedFinding = { ...finding, fingerprint: 'ledger/payment/x', known: '50% done', verdict };

  it('has an annotation for each bug, on one line each', () => {
    expect(annotations(reportWith([finding, known], 'f8-x-7'))).toEqual([
      '::error file=findings/agreement x.json,line=1,title=agreement/commitment_signed.signature/signed-feerate::A says "<b> & c"\u0007%0Aseed f8-x-3%0Anpx fulgurite replay x',
      '::notice file=findings/agreement x.json,line=1,title=ledger/payment/x::known: 50%25 done%0Aseed f8-x-3%0Anpx fulgurite replay x',
      '::error title=a run that did not end::seed f8-x-7',
    ]);
  });

  it('is a table in the summary of its step', () => {
    const lines = stepSummary(reportWith([finding, known])).split('\n');
    expect(lines[0]).toBe('### 1 finding');
    expect(lines[2]).toContain('Seeds 1..9, of which 1..9 ran: 0 runs in 1.5 s');
    const row = lines.find((line) => line.includes('A says')) ?? '';
    expect(row.match(/\|/g)).toHaveLength(6);
    expect(row).toContain('A says "&#60;b&#62; &#38; c"');
    expect(stepSummary(reportWith([]))).toMatch(/^### Nothing found\n/);
  });
});
