import { INPUT_TURNS } from './runtime.ts';
import type { Fault } from './runtime.ts';

/** Every turn that an input may take: again, too late, or where there is nothing that it belongs to. */
export function inputs(): readonly { readonly id: string; readonly fault: Fault }[] {
  return Object.entries(INPUT_TURNS).flatMap(([input, turns]) =>
    Object.keys(turns).map((turn) => ({ id: `input/${input}/${turn}`, fault: { kind: 'input' as const, input, turn } })),
  );
}
