import { resolve } from 'node:path';
import standaloneCode from 'ajv/dist/standalone/index.js';
import type { Plugin } from 'vite';
import { compileProfileSchema } from '../src-core/profiles/compile-schema';
import { compileRequests } from '../src-main/api/compile-requests';

const asModule = { source: true, esm: true } as const;

/**
 * What the compiler writes reaches its helpers by `require`, which a module does not have. Throws when it asks for one
 * that was not
 * thought of here.
 */
function withImports(code: string): string {
  const helpers: string[] = [];
  const body = code.replaceAll(/require\("([^"]+)"\)\.default/g, (_whole, name: string) => {
    helpers.push(`import helper${String(helpers.length)} from '${name}.js';`);
    const helper = `helper${String(helpers.length - 1)}`;
    return `(typeof ${helper} === 'function' ? ${helper} : ${helper}.default)`;
  });
  if (/\brequire\(/.test(body)) throw new Error('The compiled validators ask for a helper that is not imported.');
  return [...helpers, body].join('\n');
}

/** The source of src-core/profiles/schema-validator.ts, compiled. */
export function profileValidatorCode(): string {
  const { ajv, validate } = compileProfileSchema(asModule);
  return withImports(standaloneCode(ajv, validate));
}

/** The source of src-main/api/request-validators.ts, compiled. */
export function requestValidatorsCode(): string {
  const { ajv, validators } = compileRequests(asModule);
  const names = Object.keys(validators);
  const code = standaloneCode(ajv, Object.fromEntries(names.map((name) => [`request_${name}`, name])));
  return withImports(
    `${code}\nexport const validators = {${names.map((name) => `${name}: request_${name}`).join(', ')}};`,
  );
}

/**
 * Puts compiled validators in place of those that are compiled when the program starts. `root` is the project's folder.
 */
export function compiledValidators(root: string): Plugin {
  const modules = new Map([
    [resolve(root, 'src-core/profiles/schema-validator.ts'), profileValidatorCode],
    [resolve(root, 'src-main/api/request-validators.ts'), requestValidatorsCode],
  ]);
  return {
    name: 'compiled-validators',
    load(id) {
      const code = modules.get(id)?.();
      return code === undefined ? null : { code, map: null, moduleType: 'js' };
    },
  };
}
