import { defineConfig } from '../index.ts';
import { burst } from './burst.ts';
import { houseRules } from './house-rules.ts';

/** `fulgurite consistency` in this folder draws bursts beside everything else, and asks the house rules too. */
export default defineConfig({
  operations: [burst],
  oracles: [houseRules],
  corpusDir: 'regressions',
});
