/**
 * Keeps the documentation true: docs/cli.md and docs/settings.md are what the program says of itself (--write brings
 * them up to date), every failure code and rule is explained, links lead somewhere, and the commands that are shown
 * exist.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { shapeOf } from '../src/cli/completion/shape.ts';
import { describedTree } from '../src/cli/described-tree.ts';
import { DROP_RULES, OUTCOME_RULES } from '../src/core/deciding/decision.ts';
import { FAILURE_CODES } from '../src/core/failure.ts';
import { cliPage } from './cli-page.ts';
import { failureHelp } from './failure-help.ts';
import { commandProblems, errorPageProblems, linkProblems, type Page, rulePageProblems } from './pages.ts';
import { settingsPage } from './settings-page.ts';

const ERROR_PAGE = 'docs/errors.md';
const RULE_PAGE = 'docs/configuration.md';
const root = resolve(import.meta.dirname, '..');

const program = describedTree();
/** Files that are written from the program, or for it. */
const written: Readonly<Record<string, string>> = {
  'docs/cli.md': cliPage(program),
  'docs/settings.md': settingsPage(shapeOf(program)),
  'src/cli/render/failure-help.json': failureHelp(readFileSync(join(root, ERROR_PAGE), 'utf8')),
};
if (process.argv.includes('--write')) {
  for (const [path, text] of Object.entries(written)) writeFileSync(join(root, path), text);
}

const pages = await readPages();
const problems = [...writtenFileProblems(), ...pages.flatMap(pageProblems)];
for (const problem of problems) console.error(problem);
console.log(`${pages.length} pages, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;

async function readPages(): Promise<Page[]> {
  const paths = await Array.fromAsync(glob(['*.md', 'docs/*.md'], { cwd: root }));
  return await Promise.all(
    paths.sort().map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })),
  );
}

function writtenFileProblems(): string[] {
  const stale = Object.entries(written).filter(([path, text]) => readFileSync(join(root, path), 'utf8') !== text);
  return stale.map(([path]) => `${path} is out of date: node docs/check.ts --write`);
}

function pageProblems(page: Page): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return [
    ...(page.path === ERROR_PAGE ? errorPageProblems(page, FAILURE_CODES) : []),
    ...(page.path === RULE_PAGE ? rulePageProblems(page, [...DROP_RULES, ...OUTCOME_RULES]) : []),
    ...linkProblems(page, pages, root),
    ...commandProblems(page, Object.keys(scripts), shapeOf(program)),
  ];
}
