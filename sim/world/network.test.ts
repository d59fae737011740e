import { describe, expect, it } from 'vitest';
import { Link } from './network.ts';

function link(minMs = 1, maxMs = 1000): Link {
  const made = new Link({ ends: ['A', 'B'], latency: { kind: 'uniform', minMs, maxMs } }, 'seed');
  made.connect(0, 1);
  return made;
}
const bytes = (n: number): Uint8Array => Uint8Array.of(n);

describe('Link', () => {
  it('keeps the order within one direction whatever latencies it draws', () => {
    const wire = link();
    for (let n = 0; n < 50; n++) wire.send(1, bytes(n), n);
    const due = wire.waiting(1).map((packet) => packet.dueMs);
    const arrived = Array.from({ length: 50 }, () => wire.take(1, 0));
    expect(arrived.map((message) => message?.[0])).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(due).toEqual([...due].sort((a, b) => a - b));
    expect(due[0]).toBeGreaterThan(0);
  });

  it('keeps directions apart', () => {
    const wire = link();
    wire.send(0, bytes(1), 0);
    wire.send(1, bytes(2), 0);
    expect(wire.inFlight).toBe(2);
    expect(wire.head(0)?.bytes).toEqual(bytes(1));
    expect(wire.head(1)?.bytes).toEqual(bytes(2));
  });

  it('loses what is in flight when it breaks, and takes nothing while it is down', () => {
    const wire = link();
    wire.send(1, bytes(1), 0);
    wire.break();
    expect(wire.inFlight).toBe(0);
    expect(wire.send(1, bytes(2), 0)).toBe(false);
    wire.connect(0, 2);
    expect(wire.inFlight).toBe(0);
    expect(wire.send(1, bytes(3), 0)).toBe(true);
  });

  it('still delivers what an end sent before it closed, and nothing that was sent to it', () => {
    const wire = link();
    wire.send(1, bytes(1), 0);
    wire.send(0, bytes(2), 0);
    expect(wire.close(0)).toBe(false);
    expect([wire.up, wire.open]).toEqual([true, false]);
    expect(wire.head(0)).toBeUndefined();
    expect(wire.take(1, 0)).toEqual(bytes(1));
    expect(wire.send(0, bytes(3), 0)).toBe(false);
  });

  it('is down at once when an end closes that has nothing on its way', () => {
    const wire = link();
    expect(wire.close(0)).toBe(true);
    expect(wire.up).toBe(false);
  });

  it('forks into an independent copy that draws the same latencies', () => {
    const wire = link();
    wire.send(1, bytes(1), 0);
    const fork = wire.fork();
    wire.send(1, bytes(2), 0);
    expect(fork.waiting(1)).toHaveLength(1);
    fork.send(1, bytes(2), 0);
    expect(fork.waiting(1)).toEqual(wire.waiting(1));
  });
});
