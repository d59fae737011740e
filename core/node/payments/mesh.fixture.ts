import { createInvoice } from '../../invoice/create.ts';
import type { InvoiceDetails } from '../../invoice/create.ts';
import { DEFAULT_PAYMENT_LIMITS } from '../../payments/payment.ts';
import type { PaymentLimits } from '../../payments/payment.ts';
import type { CreateInvoiceCommand, GivenRoutes, RouteQuestion } from '../../payments/commands.ts';
import { findRoutes } from '../../payments/default-router.ts';
import type { PaymentSecret } from '../../onion/payload.ts';
import { buildGraph } from '../../routing/graph.ts';
import type { Graph } from '../../routing/graph.ts';
import { DijkstraRouter } from '../../routing/router.ts';
import { makeFeatures } from '../../wire/features.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import type { Line } from '../forwarding/line.fixture.ts';
import { bytes32, preimageOf } from '../pair.fixture.ts';
import type { TestNode } from '../pair.fixture.ts';

/** What a line needs to pay by the core's own payments: a graph, routers that answer at once, invoices. */

const SECRET = bytes32<PaymentSecret>(0xaa);
export const LIMITS: PaymentLimits = { ...DEFAULT_PAYMENT_LIMITS, maxFeeMsat: 100_000n };

export function graphOf(line: Line): Graph {
  return buildGraph(
    line.channels.map((_, i) => {
      const [a, b] = line.endsOf(i);
      const [nodeId1, nodeId2] = a.id < b.id ? [a.id, b.id] : [b.id, a.id];
      const policy = { ...DEFAULT_CONFIG.relay, disabled: false, htlcMaximumMsat: 1_000_000_000n };
      return { shortChannelId: line.shortChannelId(i), nodeId1, nodeId2, capacitySat: 1_000_000n, policy1: policy, policy2: policy };
    }),
  );
}

/** Every node finds its ways by one graph, at once. `asked`: every question, in order. */
export function withRouters(line: Line): RouteQuestion[] {
  const graph = graphOf(line);
  const asked: RouteQuestion[] = [];
  for (const node of line.nodes) {
    node.router = (question): GivenRoutes | string => {
      asked.push(question);
      const found = findRoutes(new DijkstraRouter(), graph, question);
      return found.ok ? { routes: found.routes, randomness: bytes32(asked.length) } : found.why;
    };
  }
  return asked;
}

/** The last node makes an invoice, which `claimedBy` claims. Undefined where it refuses. */
export function invoiceOf(line: Line, n: number, more: Partial<CreateInvoiceCommand> = {}): string | undefined {
  const node = line.node(-1);
  const before = node.told.length;
  node.command({
    kind: 'create_invoice',
    secret: { preimage: preimageOf(n).preimage },
    paymentSecret: SECRET,
    amountMsat: 10_000_000n,
    description: { text: '' },
    expirySeconds: 3600,
    minFinalCltvExpiryDelta: 40,
    claimedBy: 'node',
    ...more,
  });
  const told = node.told.slice(before).find(({ kind }) => kind === 'invoice');
  return told?.kind === 'invoice' ? told.text : undefined;
}

/** As the recipient would write it. */
export function invoiceFor(
  line: Line,
  to: TestNode,
  n: number,
  amountMsat: bigint | undefined,
  details: Partial<InvoiceDetails> = {},
): string {
  const { paymentHash } = preimageOf(n);
  const key = to.env.key;
  if (key === undefined) throw new Error('it deals with no payments');
  return createInvoice(
    line.crypto,
    { payee: to.id, sign: (digest) => key.sign(digest) },
    {
      network: 'regtest',
      amountMsat,
      timestamp: 0,
      expirySeconds: 3600,
      paymentHash,
      paymentSecret: SECRET,
      description: { text: '' },
      paymentMetadata: undefined,
      minFinalCltvExpiryDelta: 40,
      features: makeFeatures({ var_onion_optin: 'compulsory', payment_secret: 'compulsory', basic_mpp: 'optional' }),
      routeHints: [],
      fallbacks: [],
      ...details,
    },
  );
}
