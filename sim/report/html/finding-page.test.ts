import { describe, expect, it } from 'vitest';
import { Engine } from '../../campaign/engine.ts';
import type { Finding, Oracle } from '../../scenario/types.ts';
import { fingerprint } from '../../world/finding.ts';
import { shownSteps, viewObserver } from '../steps/step-view.ts';
import type { StepView } from '../steps/step-view.ts';
import type { FindingDocument } from './finding-page.ts';
import { findingPage } from './finding-page.ts';
import { sequenceSvg } from './sequence-svg.ts';

const MESSAGE = 'B says </script><img src=x onerror=alert(1)> & "more"\u0007';

/** Fires at the first commitment_signed that A receives after the channels are open. */
function fires(): Oracle {
  return {
    name: 'acme/oracle',
    kinds: ['k'],
    step: ({ at }, { node, input }) => {
      if (at === 'setup' || node !== 'A' || input.kind !== 'received' || input.bytes[1] !== 132) return undefined;
      return { oracle: 'acme/oracle', rule: 'r', kind: 'k', node: 'A', message: MESSAGE, expected: '1 < 2', actual: '2', at };
    },
    fork: fires,
  };
}

function found(): FindingDocument & { readonly steps: readonly StepView[] } {
  const engine = new Engine({ config: { oracles: [fires] } });
  const { scenario } = Array.from({ length: 20 }, (_, seed) => engine.runToken(engine.token(seed + 1))).find((run) => run.found) ?? {};
  if (scenario === undefined) throw new Error('no seed shows it');
  const all: StepView[] = [];
  const verdict = engine.runScenario(scenario, [viewObserver(all)]).finding as Finding;
  const steps = shownSteps(all, false);
  return {
    fingerprint: fingerprint(verdict),
    verdict,
    seeds: [1, 2],
    token: 't',
    replay: 'npx fulgurite replay x',
    scenario,
    steps,
    stepCount: all.length,
  };
}

const VOID = new Set(['meta', 'br']);

/** The elements of a page. Throws where one is not closed, or closes another. */
function elements(html: string): { readonly name: string; readonly attributes: string }[] {
  const open: string[] = [];
  const all: { name: string; attributes: string }[] = [];
  const text = html.replace(/<script>[^]*?<\/script>|<style>[^]*?<\/style>|<!doctype html>/g, '');
  for (const [whole, closing, name = '', attributes = '', empty] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (closing !== '') {
      const last = open.pop();
      if (last !== name) throw new Error(`${whole} closes <${last}>`);
      continue;
    }
    all.push({ name, attributes });
    if (empty === '' && !VOID.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.join('><')}> stays open`);
  return all;
}

describe('the page of a finding', () => {
  const document = found();
  const page = findingPage(document);
  const all = elements(page);

  it('has a row in the chart and a panel for each step, and marks the guilty one', () => {
    const ids = document.steps.map(({ index }) => `${index}`);
    const numbered = (name: string, css: string): string[] =>
      all
        .filter((e) => e.name === name && e.attributes.includes(`class="${css}"`))
        .map((e) => /data-step="(\d+)"/.exec(e.attributes)?.[1] ?? '');
    expect(numbered('article', 'panel')).toEqual(ids);
    expect(numbered('g', 'step')).toEqual(ids);
    expect(all.filter((e) => e.attributes.includes('class="row"'))).toHaveLength(ids.length);
    expect(all.filter((e) => e.attributes.includes('class="guilty"'))).toHaveLength(1);
    expect(page.indexOf('✗ found here: B says')).toBeGreaterThan(page.indexOf(`id="step-${ids.at(-1)}"`));
  });

  it('shows a message decoded, what a step changed, and what both ends have, side by side', () => {
    const last = document.steps.at(-1);
    const panel = page.slice(page.indexOf(`id="step-${last?.index}"`));
    for (const { what, value } of last?.received ?? []) expect(panel).toContain(`<tr><th scope="row">${what}</th><td>${value}</td></tr>`);
    expect(last?.received.map(({ what }) => what)).toContain('signature');
    const [channel] = last?.channels ?? [];
    expect(channel?.changed.map(({ what }) => what)).toContain("A's: number");
    expect(panel).toContain('<th scope="row"><b title="differs">≠</b> A&#39;s: number</th>');
    const [{ node: opener } = { node: '' }, { node: accepter } = { node: '' }] = channel?.ends ?? [];
    expect(panel).toContain(`<th scope="col">${opener}</th><th scope="col">${accepter}</th>`);
  });

  it('says after which action it was decided', () => {
    const failing = [3, ...(document.scenario?.actions ?? []).map((_, i) => (i < 2 ? 3 : 97))];
    const told = findingPage({ ...document, decided: { continuations: 100, failing } });
    expect(told.match(/>3% fail/g)).toHaveLength(2);
    expect(told.match(/>97% fail/g)).toHaveLength(failing.length - 3);
    expect(told).toMatch(/<dt>decided<\/dt><dd>.*before action 2 fail 3, after it 97/);
    expect(findingPage({ ...document, decided: 'not available' })).toContain('not available: a driver cannot be copied');
  });

  it('is one file that asks nobody for anything, and runs nothing that a peer wrote', () => {
    expect(all.filter(({ attributes }) => /\b(src|href|onerror)\s*=/.test(attributes))).toEqual([]);
    expect(page).not.toMatch(/https?:|@import|url\(/);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain('B says &lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; &amp; &quot;more&quot;?');
  });

  it('is made of the JSON alone', () => {
    expect(findingPage(JSON.parse(JSON.stringify(document)) as FindingDocument)).toBe(page);
  });

  it('has every light colour in the dark, too, and one column where there is no room for two', () => {
    const colours = (css: string): string[] => [...css.matchAll(/(--[a-z]+):/g)].map(([, name = '']) => name);
    const [light = '', dark = ''] = [...page.matchAll(/:root \{([^}]*)\}/g)].map(([, css = '']) => css);
    expect(colours(dark)).toEqual(colours(light));
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('@media (min-width: 1000px)');
  });
});

describe('the chart of a page', () => {
  const step = (index: number, node: string, event: StepView['event'], sent: readonly string[] = []): StepView => ({
    index,
    timeMs: index,
    at: index,
    node,
    event,
    received: [],
    did: [],
    sent: sent.map((label) => ({ to: node === 'A' ? 'B' : 'A', label, fields: [] })),
    channels: [],
  });

  it('draws a message from where it was sent to where it arrived, and ends one that is lost half-way', () => {
    const svg = sequenceSvg(
      [
        step(0, 'A', { kind: 'other', text: 'pay' }, ['one', 'two']),
        step(1, 'B', { kind: 'message', from: 'A', label: 'one' }),
        step(2, 'A', { kind: 'disconnected', peer: 'B' }),
        step(3, 'B', { kind: 'disconnected', peer: 'A' }),
        step(4, 'B', { kind: 'other', text: 'again' }, ['three']),
      ],
      ['A', 'B'],
      4,
    );
    expect(svg.match(/class="message"/g)).toHaveLength(1);
    expect(svg).toMatch(/<line class="message" x1="100" y1="40" x2="394" y2="70"\/>/);
    expect(svg).toContain('<title>two, lost</title>');
    expect(svg).toContain('<title>three, under way</title>');
  });
});
