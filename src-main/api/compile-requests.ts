import { Ajv, type CodeOptions, type ValidateFunction } from 'ajv';
import { requestSchemas } from './schemas';

/**
 * A function a request that checks its argument, and the compiler that made them. `code` is for the build
 * (request-validators.ts).
 */
export function compileRequests(code: CodeOptions = {}): {
  readonly ajv: Ajv;
  readonly validators: Readonly<Record<string, ValidateFunction>>;
} {
  const ajv = new Ajv({ discriminator: true, allErrors: false, strict: true, allowUnionTypes: true, code });
  return {
    ajv,
    validators: Object.fromEntries(
      Object.entries(requestSchemas).map(([name, schema]) => [name, ajv.compile({ ...schema, $id: name })]),
    ),
  };
}
