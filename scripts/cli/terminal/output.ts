/// <reference types="node" />
import type { Style } from '../../../sim/report/style.ts';
import { ansi, plain } from '../../../sim/report/style.ts';
import { EXIT } from './exit.ts';

/** Colours on a terminal that wants them (no-color.org; FORCE_COLOR for logs that understand them). */
export function styleOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Style {
  if (environment['NO_COLOR']) return plain;
  if (environment['FORCE_COLOR']) return ansi;
  return stream.isTTY && environment['TERM'] !== 'dumb' ? ansi : plain;
}

/** Characters a line of a chart may have. */
export function chartWidth(): number {
  return Math.max(80, Math.min(process.stdout.columns || 80, 160));
}

/** Reports go to the standard output, progress to the standard error. */
export function print(text: string): void {
  writeTo(process.stdout, `${text}\n`);
}

export function printError(text: string): void {
  writeTo(process.stderr, `${text}\n`);
}

/** Streams that nothing can be written to any more. */
const broken = new Set<NodeJS.WriteStream>();
/** What could not be written, as it was told. */
const losses = new Set<string>();

/** To one of the two standard streams. A report that finds no room on the standard output goes to the other one. */
export function writeTo(stream: NodeJS.WriteStream, text: string): void {
  if (broken.has(stream)) return divert(stream, text);
  const failed = (error: Error): void => {
    breaks(stream, error);
    divert(stream, text);
  };
  try {
    stream.write(text, (error) => error && failed(error));
  } catch (error) {
    // Files are written at once, and say so by throwing.
    failed(error as Error);
  }
}

/** Whoever closed the pipe has seen enough; a disk that is full has not. */
const closedPipes = new Set<NodeJS.WriteStream>();

function divert(stream: NodeJS.WriteStream, text: string): void {
  if (stream === process.stdout && !closedPipes.has(stream)) writeTo(process.stderr, text);
}

function breaks(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  if (broken.has(stream)) return;
  broken.add(stream);
  if (error.code === 'EPIPE') closedPipes.add(stream);
  const what = stream === process.stdout ? 'the standard output' : 'the standard error';
  lost(`${what} cannot be written: ${error.message}`, error.code !== 'EPIPE');
}

function lost(what: string, told = true): void {
  if (losses.has(what)) return;
  losses.add(what);
  if (told) printError(`fulgurite: ${what}`);
}

/** Writes a file, if the system lets it: what a hunt has found must still be told where it does not. */
export function tryToWrite<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    lost(`not written: ${error.message}`);
    return undefined;
  }
}

/** The system has refused something: there is nothing to learn from the stack. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** From now on nothing that cannot be written ends the process early, and its exit code says that something was lost. */
export function surviveFullOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => breaks(stream, error));
  process.on('exit', () => {
    if (losses.size > 0) process.exitCode = EXIT.harness;
  });
}

/** How the command line is called from where it was started, for commands that can be copied. */
export function commandName(environment: NodeJS.ProcessEnv = process.env): string {
  const script = environment['npm_lifecycle_event'];
  return script === 'fulgurite' || script === 'start' ? 'npm run -s fulgurite --' : 'npx fulgurite';
}
