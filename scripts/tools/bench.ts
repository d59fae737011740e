/// <reference types="node" />
import { table } from '../../sim/report/table.ts';
import { rate } from '../../sim/scenario/text.ts';
import type { Figure } from './bench/measure.ts';
import { commitmentCost, forwardedPayments, payments, providers } from './bench/measure.ts';
import { campaignFigures } from './bench/campaign.ts';
import { watcherFigures } from './bench/watchers.ts';
import { routeFigures } from './bench/routes.ts';
import { codecSpeed, fuzzingSpeed, handshakes } from './bench/wire.ts';
import { styleOf } from '../cli/terminal/output.ts';

const IN_FLIGHT = [1, 10, 50, 100, 200, 400];

function show(title: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ name, crypto, htlcsInFlight, value, unit, cpuShare }) => [
    name,
    crypto,
    htlcsInFlight === undefined ? '' : String(htlcsInFlight),
    rate(value),
    unit,
    `${Math.round(cpuShare * 100)}%`,
  ]);
  const columns = [
    { title },
    { title: 'crypto' },
    { title: 'HTLCs', align: 'right' },
    { title: '', align: 'right' },
    { title: '' },
    { title: 'of a core', align: 'right' },
  ] as const;
  console.log(`${table(columns, rows, styleOf(process.stdout))}\n`);
  for (const figure of figures) console.log(JSON.stringify({ ...figure, node: process.version }));
  console.log('');
}

/** `--quick` for a look; the figures that are published come from the whole. */
const seconds = process.argv.includes('--quick') ? 0.3 : 2;
const all = providers();
show(
  'one channel, one payment after the other',
  all.map((createCrypto) => payments(createCrypto, seconds)),
);
show(
  'ten nodes, one payment after the other',
  [true, false].flatMap((attributed) => all.map((createCrypto) => forwardedPayments(createCrypto, attributed, seconds))),
);
show('simulated runs', await campaignFigures(seconds));
show(
  'cost of a payment (4 commitments) beside others',
  all
    .filter((createCrypto) => createCrypto().name !== 'noble')
    .flatMap((createCrypto) => IN_FLIGHT.map((inFlight) => commitmentCost(createCrypto, inFlight, seconds / 2))),
);
show('routes over 15,000 nodes and 50,000 channels', routeFigures());
show('the wire', [...codecSpeed(seconds), ...all.map((createCrypto) => handshakes(createCrypto(), seconds))]);
show('watchers elsewhere', watcherFigures(all, seconds));
show('fuzzing', await fuzzingSpeed(seconds));
