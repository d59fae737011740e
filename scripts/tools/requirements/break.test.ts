import { describe, expect, it } from 'vitest';
import { brokenDeclaration, declaredNames, withoutRule } from './break.ts';

const SOURCE = `
export function limit(amount: bigint, most: bigint, late: boolean): Violation | undefined {
  if (amount > most) return violation('pay.too_much', \`\${amount} msat\`);
  return late ? violation('pay.too_late', 'after it') : undefined;
}
export const fee = (weight: number): number => weight * 2 + 1;
function told(state: State): void {
  answer(state, 'pay.told');
}
`;

function after(changes: readonly { readonly after: string }[]): readonly string[] {
  return changes.map((change) => change.after);
}

describe('a rule that is left out', () => {
  it('is one whose condition never holds', () => {
    const [change] = withoutRule(SOURCE, 'pay.too_much');
    expect(change).toMatchObject({ line: 3, before: 'amount > most', after: 'false' });
    expect(change?.text).toContain("if (false) return violation('pay.too_much'");
    expect(withoutRule(SOURCE, 'pay.too_late')[0]?.text).toContain("return false ? violation('pay.too_late'");
  });

  it('or a statement that is not there', () => {
    expect(withoutRule(SOURCE, 'pay.told')[0]?.text).toContain('{\n  ;\n}');
    expect(withoutRule(SOURCE, 'pay.unknown')).toEqual([]);
  });
});

describe('a declaration that is broken', () => {
  it('has a boundary, a sign, a number or an answer changed', () => {
    expect(after(brokenDeclaration(SOURCE, 'fee'))).toEqual(['weight * 2 - 1', 'weight / 2', '3', '2']);
    expect(after(brokenDeclaration(SOURCE, 'limit'))).toContain('amount >= most');
    expect(brokenDeclaration(SOURCE, 'nobody')).toEqual([]);
  });

  it('is one that is declared there, and not only named', () => {
    expect([...declaredNames(SOURCE)]).toEqual(['limit', 'fee', 'told']);
  });
});
