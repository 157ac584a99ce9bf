// Measures this client and its peers in one run: npm run bench -- connect roam
import { loadTypeScript } from './load.mjs';

const { bench } = await loadTypeScript('bench/main.ts');
process.exit(await bench(process.argv.slice(2)));
