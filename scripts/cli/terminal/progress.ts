/// <reference types="node" />
import { cut } from '../../../sim/scenario/text.ts';
import { writeTo } from './output.ts';

const EVERY_MS = 100;
/** Where nobody watches, in a log, a line now and then says that it is alive. */
const EVERY_MS_IN_A_LOG = 10_000;

/** One line that says how far a long piece of work is, rewritten in place on a terminal. */
export class Progress {
  private readonly stream: NodeJS.WriteStream;
  private readonly everyMs: number;
  private lastMs: number;
  private shown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.stream = stream;
    this.everyMs = stream.isTTY ? EVERY_MS : EVERY_MS_IN_A_LOG;
    this.lastMs = stream.isTTY ? 0 : performance.now();
  }

  /** `text` is asked for only when it is time to show it. */
  show(text: () => string): void {
    const now = performance.now();
    if (now - this.lastMs < this.everyMs) return;
    this.lastMs = now;
    if (!this.stream.isTTY) {
      writeTo(this.stream, `${text()}\n`);
      return;
    }
    writeTo(this.stream, `\r\u001b[2K${cut(text(), (this.stream.columns || 100) - 1)}`);
    this.shown = true;
  }

  /** Takes the line away, for what is to be printed next. */
  clear(): void {
    if (this.shown) writeTo(this.stream, '\r\u001b[2K');
    this.shown = false;
    this.lastMs = this.stream.isTTY ? 0 : this.lastMs;
  }
}
