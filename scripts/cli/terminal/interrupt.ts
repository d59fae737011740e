/// <reference types="node" />
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_EVERY_MS = 500;

/**
 * Aborts at the first Ctrl-C, or when the system or the terminal asks the process to end; the second one ends it as usual. Also when the
 * npm that runs it is gone: it passes some signals on, but not all.
 */
export function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => controller.abort());
  const { ppid } = process;
  if (process.env['npm_lifecycle_event'] !== undefined)
    setInterval(() => process.ppid !== ppid && controller.abort(), LOOK_EVERY_MS).unref();
  return controller.signal;
}
