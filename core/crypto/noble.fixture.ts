import { createNobleCrypto } from './noble.ts';

/** For tests, which may share one. */
export const noble = createNobleCrypto();
