// node --import: 'electron' becomes the stand-in; everything else resolves as usual.
import { register } from 'node:module';

const target = process.env.ELECTRON_STAND_IN;
if (target === undefined) throw new Error('ELECTRON_STAND_IN names no file.');
const loader = `export const resolve = (specifier, context, next) => (specifier === 'electron' ? { url: ${JSON.stringify(target)}, shortCircuit: true } : next(specifier, context));`;
register(`data:text/javascript,${encodeURIComponent(loader)}`);
