import { consistency } from './consistency.ts';
import { exhaustive } from './exhaustive.ts';
import { fuzz } from './fuzz.ts';
import { merge } from './merge.ts';
import { promote } from './promote.ts';
import { replay } from './replay.ts';
import { shrink } from './shrink.ts';
import type { Verb } from './verb.ts';

/** The verbs of the command line: to add one, write its file and name it here. */
export const verbs: readonly Verb[] = [consistency, merge, exhaustive, replay, shrink, promote, fuzz];
