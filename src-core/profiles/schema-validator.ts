import { compileProfileSchema } from './compile-schema';

/**
 * Checks a value against the shipped schema. The build puts the code that the compiler writes in place of this module
 * (bin/compiled-validators.ts): compiling when the program starts takes longer than the rest of its start.
 */
export const validate = compileProfileSchema().validate;
