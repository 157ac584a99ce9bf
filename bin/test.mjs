// Every check of the project in one command, cheapest first; stops at the first that fails.
// The last line of standard output is "N passed, N failed", summed over the runners.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { orExplain, root, setUp } from './setup.mjs';

const results = join(root, 'test-results/summary');
const bin = (name) => join(root, 'node_modules/.bin', name);
const isRoot = process.getuid() === 0;
let passed = 0;
let failed = 0;

/** How a run ended: the process's own verdict, and the counts from its JSON report. */
const counts = {
  vitest: (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0 ? 1 : 0),
  }),
  playwright: (report) => ({ passed: report.stats.expected + report.stats.flaky, failed: report.stats.unexpected }),
};

function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

function step(name, command, args, kind) {
  console.log(`\n== ${name}`);
  const began = Date.now();
  const file = join(results, `${name}.json`);
  const { status } = spawnSync(command, args(file), {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CI: 'true', PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  let counted = { passed: 0, failed: 0 };
  if (kind !== undefined) {
    try {
      counted = counts[kind](JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      console.log(`${name}: no report was written`);
    }
  }
  passed += counted.passed;
  // A runner that fails without a failed test (it crashed, or a check is no test) is one failure.
  failed += status === 0 ? counted.failed : Math.max(1, counted.failed);
  console.log(`== ${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (failed > 0) finish();
}

const vitest = (project) => (file) => [
  'run',
  '--project',
  project,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${file}`,
];

orExplain(() => setUp('test'));
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

step('format', process.execPath, () => [join(root, 'bin/format.mjs')]);
step('lint', bin('eslint'), () => ['.', '--max-warnings', '0']);
step('imports', bin('depcruise'), () => [
  '--config',
  '.dependency-cruiser.mjs',
  '--output-type',
  'err',
  ...['src-core', 'src-main', 'src-renderer', 'src-text', 'native', 'e2e', 'bench', 'bin'],
]);
step('types', bin('tsc'), () => ['--noEmit', '-p', 'tsconfig.json']);
step('unit', bin('vitest'), vitest('unit'), 'vitest');
step('sanitizers', bin('vitest'), vitest('sanitizers'), 'vitest');
if (isRoot) step('lab', bin('vitest'), vitest('lab*'), 'vitest');
step('e2e', bin('playwright'), () => ['test', '-c', 'e2e/playwright.config.ts', '--reporter=list,json'], 'playwright');
if (!isRoot) {
  console.log('\nNot run: lab (network namespaces and a real strongSwan need root): sudo npm test');
  failed += 1;
}
finish();
