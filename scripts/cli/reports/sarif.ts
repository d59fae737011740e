import type { Rule } from '../../../core/rules.ts';
import { RULES } from '../../../core/rules.ts';
import type { HuntReport, ReportedFinding } from './hunt-report.ts';

const HOME = 'https://github.com/fulgurite/fulgurite';

/** SARIF 2.1.0, as code scanning reads it: a fingerprint is a rule, a bug its result, the stored case its place. */
export function sarifJson(report: HuntReport): string {
  const { findings, environment, versions, seeds, ended } = report;
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'fulgurite',
            version: environment.fulgurite,
            semanticVersion: environment.fulgurite,
            informationUri: HOME,
            rules: findings.map(ruleOf),
          },
        },
        automationDetails: { id: `fulgurite/consistency/${seeds.from}..${seeds.to ?? ''}` },
        invocations: [{ executionSuccessful: ended !== 'interrupted' && ended !== 'hang', commandLine: environment.command }],
        results: findings.map((finding, ruleIndex) => resultOf(finding, ruleIndex, versions.fingerprints)),
        columnKind: 'utf16CodeUnits',
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ruleOf({ fingerprint, verdict }: ReportedFinding): unknown {
  const rule = (RULES as Readonly<Record<string, Rule>>)[verdict.rule];
  const words = rule === undefined ? undefined : 'why' in rule ? rule.why : `${rule.requirements.join(', ')}: ${rule.words}`;
  return {
    id: fingerprint,
    name: verdict.rule,
    shortDescription: { text: `${verdict.oracle}: ${verdict.rule}, ${verdict.kind}` },
    ...(words !== undefined && { fullDescription: { text: words } }),
    helpUri: `${HOME}/blob/main/docs/reading-a-report.md`,
    defaultConfiguration: { level: 'error' },
  };
}

function resultOf({ fingerprint, verdict, file = 'findings', known, token, replay, seeds }: ReportedFinding, ruleIndex: number, version: number): unknown {
  return {
    ruleId: fingerprint,
    ruleIndex,
    kind: 'fail',
    level: 'error',
    message: { text: [verdict.message, `seed ${token}`, ...(replay === undefined ? [] : [replay])].join('\n') },
    // Code scanning takes no result without a place; of a known finding none is stored.
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) }, region: { startLine: 1 } } }],
    partialFingerprints: { [`fulguriteFingerprint/v${version}`]: fingerprint },
    occurrenceCount: seeds.length,
    ...(known !== undefined && { suppressions: [{ kind: 'external', justification: known }] }),
    properties: { token, seeds },
  };
}
