import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** What axe finds serious or worse in the part of the page that `selector` names, one line a finding. */
export async function seriousViolations(page: Page, selector: string): Promise<readonly string[]> {
  // Evaluated through the debugger: the page's own CSP stays as strict as it is.
  await page.evaluate(source);
  const violations = await page.evaluate(async (within) => {
    const { axe } = window as unknown as { axe: { run(context: string): Promise<{ violations: Violation[] }> } };
    return (await axe.run(within)).violations;
  }, selector);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`));
}
