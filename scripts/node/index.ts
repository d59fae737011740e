/** A node that runs: core joined to the streams, timers and randomness of Node.js. */
export { Host } from './host.ts';
export type { Services } from './services.ts';
export { connect, listen } from './tcp.ts';
export type { Address } from './tcp.ts';
