/// <reference types="node" />
import type { Style } from '../../../sim/report/style.ts';
import { ansi, plain } from '../../../sim/report/style.ts';

/** Colours on a terminal that wants them (no-color.org; FORCE_COLOR for logs that understand them). */
export function styleOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Style {
  if (environment['NO_COLOR']) return plain;
  if (environment['FORCE_COLOR']) return ansi;
  return stream.isTTY && environment['TERM'] !== 'dumb' ? ansi : plain;
}

/** Characters a line of a chart may have. */
export function chartWidth(): number {
  return Math.max(80, Math.min(process.stdout.columns || 110, 160));
}

/** Reports go to the standard output, progress to the standard error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How the command line is called from where it was started, for commands that can be copied. */
export function commandName(environment: NodeJS.ProcessEnv = process.env): string {
  const script = environment['npm_lifecycle_event'];
  return script === 'fulgurite' || script === 'start' ? 'npm run -s fulgurite --' : 'npx fulgurite';
}
