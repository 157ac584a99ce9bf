import { compileRequests } from './compile-requests';

/**
 * Checks the argument of each request. The build puts the code that the compiler writes in place of this module
 * (bin/compiled-validators.ts).
 */
export const { validators } = compileRequests();
