import type { PublicKey } from '../crypto/bytes.ts';

/** What the choice between two connections of one peer depends on. */
export interface Rival {
  readonly dialled: boolean;
  readonly sinceMs: number;
}

/**
 * BOLT 1: a single connection per peer. The newer one stays: who dials again knows that the older is dead, or has forgotten it.
 * Except when both sides dialled at about the same time: each would see the other's as the newer, or not, and they could close both.
 * Then the one that the node with the lesser id has dialled stays, on both sides.
 */
export function newerSurvives(nodeId: PublicKey, peer: PublicKey, older: Rival, newer: Rival, crossingMs: number): boolean {
  if (older.dialled === newer.dialled) return true;
  if (newer.sinceMs - older.sinceMs >= crossingMs) return true;
  return newer.dialled === nodeId < peer;
}
