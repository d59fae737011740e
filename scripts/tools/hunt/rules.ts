import { RULES } from '../../../core/rules.ts';
import { withoutRule } from '../requirements/break.ts';
import type { Mutant } from './mutant.ts';

/** Each rule of the tables, never enforced: wherever its id is named, the condition for it never holds. */
export function rulesNeverEnforced(sources: ReadonlyMap<string, string>): readonly Mutant[] {
  return Object.keys(RULES).flatMap((rule) => {
    const edits = [...sources].flatMap(([file, source]) => {
      if (!source.includes(`'${rule}'`)) return [];
      return withoutRule(source, rule).map(({ start, end, after }) => ({ file, start, end, after }));
    });
    return edits.length === 0 ? [] : [{ id: `rule/${rule}`, edits }];
  });
}
