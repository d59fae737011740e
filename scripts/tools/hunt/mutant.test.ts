import { expect, it } from 'vitest';
import { guarded } from './mutant.ts';

const SOURCE = 'if (a < b) return c;';

it('an expression is changed while its number is chosen', () => {
  expect(guarded(SOURCE, [{ number: 7, start: 4, end: 9, after: 'false' }])).toBe(
    'if ((chosenMutant === 7 ? (false) : (a < b))) return c;',
  );
});

it('a statement is left out while its number is chosen', () => {
  expect(guarded(SOURCE, [{ number: 7, start: 11, end: 20, after: ';' }])).toBe('if (a < b) { if (chosenMutant !== 7) { return c; } }');
});

it('one place may have several, within each other too', () => {
  const edits = [
    { number: 1, start: 4, end: 5, after: '0' },
    { number: 2, start: 4, end: 9, after: 'false' },
    { number: 3, start: 4, end: 9, after: 'true' },
    { number: 4, start: 0, end: 20, after: ';' },
  ];
  expect(guarded(SOURCE, edits)).toBe(
    '{ if (chosenMutant !== 4) { if ((chosenMutant === 2 ? (false) : ((chosenMutant === 3 ? (true) : ((chosenMutant === 1 ? (0) : (a)) < b))))) return c; } }',
  );
});
