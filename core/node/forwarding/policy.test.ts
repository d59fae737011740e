import { expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../config.ts';
import { Line } from './line.fixture.ts';
import { OLD_POLICY_MS } from '../../channel/announce/channel-update.ts';

const { relay } = DEFAULT_CONFIG;

it('the policy of a channel is what is asked for forwarding into it, and the old one is served for ten minutes', () => {
  const line = new Line(3);
  const channelId = line.channelId(1);
  const dearer = { ...relay, feeBaseMsat: relay.feeBaseMsat + 1, cltvExpiryDelta: relay.cltvExpiryDelta + 1 };
  line.node(1).command({ kind: 'policy', channelId, policy: dearer });
  const paid = (n: number, asked = {}): boolean => {
    line.pay(n, asked);
    line.exchange();
    const arrived = line.received().length === n;
    if (!arrived) line.outcomes();
    return arrived;
  };
  expect(paid(1)).toBe(true);
  line.time(OLD_POLICY_MS);
  expect(paid(2)).toBe(true);
  line.time(OLD_POLICY_MS + 1);
  expect(paid(3, { extraMsat: 1n, extraCltv: 1 })).toBe(true);
  expect(paid(4, { extraCltv: 1 })).toBe(false);
  line.exchange();
  expect(line.outcomes().at(-1)?.kind).toBe('payment_failed');
});

it('a node refuses to ask for fewer blocks than it needs itself', () => {
  const line = new Line(2);
  const { fulfillDeadlineBlocks, htlcGraceBlocks } = DEFAULT_CONFIG;
  const policy = { ...relay, cltvExpiryDelta: fulfillDeadlineBlocks + htlcGraceBlocks };
  const ask = (more: number) =>
    line
      .node(0)
      .command({ kind: 'policy', channelId: line.channelId(0), policy: { ...policy, cltvExpiryDelta: policy.cltvExpiryDelta + more } });
  expect(ask(0)).toMatchObject([{ kind: 'refused', rule: 'channel_update.cltv_expiry_delta' }]);
  expect(ask(1).map(({ kind }) => kind)).not.toContain('refused');
});
