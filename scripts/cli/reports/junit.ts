import type { HuntReport, ReportedFinding } from './hunt-report.ts';

/** JUnit XML, as test runners and hosted pipelines read it: a bug is a test case that failed, an oracle that always held one that passed. */
export function junitXml(report: HuntReport): string {
  const { findings, oracles, counts, hung, environment } = report;
  const fired = new Set(findings.map(({ verdict }) => verdict.oracle));
  const names = [...new Set([...Object.keys(counts.asked), ...fired])];
  const held = names.filter((name) => !fired.has(name)).map((name) => testCase(name, name));
  const cases = [
    ...findings.map((finding) => testCase(finding.verdict.oracle, finding.fingerprint, outcomeOf(finding))),
    ...(hung === undefined ? [] : [testCase('harness', `seed ${hung}`, `<error message="did not end" type="hang">seed ${text(hung)}</error>`)]),
    ...held,
    ...oracles.neverAsked.map((name) => testCase(name, name, '<skipped message="never asked"/>')),
  ];
  const count = (part: string): number => cases.filter((one) => one.includes(part)).length;
  const sums = `tests="${cases.length}" failures="${count('<failure')}" errors="${count('<error')}" skipped="${count('<skipped')}" time="${(environment.elapsedMs / 1000).toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="fulgurite" ${sums}>`,
    `  <testsuite name="consistency, seeds ${rangeOf(report)}" ${sums}>`,
    ...cases.map((one) => `    ${one}`),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function rangeOf({ seeds: { from, to }, shard }: HuntReport): string {
  return `${from}..${to ?? ''}${shard === undefined ? '' : `, shard ${shard.index}/${shard.of}`}`;
}

function testCase(oracle: string, name: string, outcome = ''): string {
  const head = `<testcase classname="fulgurite.${text(oracle)}" name="${text(name)}"`;
  return outcome === '' ? `${head}/>` : `${head}>${outcome}</testcase>`;
}

function outcomeOf({ known, verdict, token, replay, seeds }: ReportedFinding): string {
  if (known !== undefined) return `<skipped message="${text(`known: ${known}`)}"/>`;
  const lines = [
    verdict.message,
    `expected ${verdict.expected}`,
    `actual   ${verdict.actual}`,
    `seeds    ${seeds.join(' ')}`,
    `seed     ${token}`,
    ...(replay === undefined ? [] : [`replay   ${replay}`]),
  ];
  return `<failure message="${text(verdict.message)}" type="${text(verdict.kind)}">${text(lines.join('\n'))}</failure>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' };

/** Text of XML: what a peer wrote may have characters in it that no XML may have. */
function text(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return value.replace(/[\u0000-\u0009\u000b-\u001f\ud800-\udfff\ufffe\uffff]/g, '?').replace(/[&<>"\n]/g, (character) => ENTITIES[character] ?? '');
}
