import { describe, expect, it } from 'vitest';
import { Line } from '../forwarding/line.fixture.ts';

/** Three nodes; node 0 offers by hand, and the onion is that of its number. */
function rules(line: Line, node: number): readonly string[] {
  return line
    .node(node)
    .notifications()
    .flatMap((n) => (n.kind === 'htlc_failed' ? [n.rule] : []));
}

describe('an onion that has come before', () => {
  it('is not accepted again, wherever it comes from, and also after a restart', () => {
    const line = new Line(3);
    line.pay(1);
    line.exchange();
    line.claim(1);
    line.exchange();
    // The same session key, route and hash: the same onion.
    line.pay(1);
    line.exchange();
    expect(rules(line, 1)).toEqual(['replay.seen']);
    line.restart(1);
    for (const i of [0, 1]) line.connect(i);
    line.exchange();
    line.pay(1);
    line.exchange();
    expect(rules(line, 1)).toEqual(['replay.seen', 'replay.seen']);
    expect(line.outcomes().map(({ kind }) => kind)).toEqual(['payment_sent', 'payment_failed', 'payment_failed']);
  });

  it('is none where its own HTLC is presented again', () => {
    const line = new Line(2);
    line.pay(1);
    line.exchange();
    line.disconnect(0);
    line.connect(0);
    line.exchange();
    line.restart(1);
    line.connect(0);
    line.exchange();
    line.claim(1);
    line.exchange();
    expect(line.outcomes().map(({ kind }) => kind)).toEqual(['payment_sent']);
    expect(rules(line, 1)).toEqual([]);
  });

  it('is remembered before its HTLC goes on', () => {
    const line = new Line(3);
    const node = line.node(1);
    node.holdStores = true;
    line.pay(1);
    const isReplays = (name: string): boolean => name.startsWith('replays');
    // Every store of its channels is done, and none of the log.
    for (let more = 1; more > 0;) {
      more = line.exchange();
      for (const held of node.heldStores.filter(({ kind }) => kind === 'stored')) {
        node.heldStores.splice(node.heldStores.indexOf(held), 1);
        node.input(held);
        more++;
      }
    }
    expect(node.heldStores.map(({ kind }) => kind)).toEqual(['record_stored']);
    expect([...node.records.keys()].some(isReplays)).toBe(false);
    expect(line.state(1, 1).host.offered).toEqual([]);
    node.holdStores = false;
    node.finish(Infinity);
    line.exchange();
    expect([...node.records.keys()].some(isReplays)).toBe(true);
    expect(line.received()).toHaveLength(1);
  });
});
