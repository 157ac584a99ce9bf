// Brings the laboratory up to play with: npm run lab
import { loadTypeScript } from './load.mjs';

const { play } = await loadTypeScript('e2e/lab/play.ts');
process.exit(await play());
