import { Ajv, type CodeOptions, type ValidateFunction } from 'ajv';
import schema from '../../assets/schema/agilevpn-profile.schema.json';

/**
 * The shipped schema as a function that checks a value, and the compiler that made it. `code` is for the build
 * (schema-validator.ts).
 */
export function compileProfileSchema(code: CodeOptions = {}): {
  readonly ajv: Ajv;
  readonly validate: ValidateFunction;
} {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, code });
  return { ajv, validate: ajv.compile(schema) };
}
