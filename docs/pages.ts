import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { ProgramShape } from '../src/cli/completion/shape.ts';
import { spellings } from '../src/cli/completion/shape.ts';

/** One page of the documentation; the path is from the project's root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Codes without a heading in docs/errors.md, and headings there without a code. */
export function errorPageProblems(page: Page, codes: readonly string[]): string[] {
  const headings = [...page.text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  return [
    ...codes.filter((code) => !headings.includes(code)).map((code) => `${page.path}: no heading for ${code}`),
    ...headings.filter((heading) => !codes.includes(heading)).map((heading) => `${page.path}: ${heading} is no code`),
  ];
}

/** Rules of decisions that a page does not name in code. */
export function rulePageProblems(page: Page, rules: readonly string[]): string[] {
  const named = codeOf(page.text);
  return rules.filter((rule) => !named.includes(rule)).map((rule) => `${page.path}: does not explain the rule ${rule}`);
}

/** Relative links that lead to no file, or to no heading of a page. */
export function linkProblems(page: Page, pages: readonly Page[], root: string): string[] {
  const links = [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const relative = links.filter((link) => !/^[a-z]+:/.test(link));
  return relative.flatMap((link) => {
    const [file = '', anchor] = link.split('#');
    const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
    const target = pages.find((one) => one.path === path);
    if (target === undefined && !existsSync(join(root, path))) return [`${page.path}: the link ${link} leads nowhere`];
    if (anchor === undefined || target === undefined || anchorsOf(target).includes(anchor)) return [];
    return [`${page.path}: ${path} has no heading for ${link}`];
  });
}

/** Commands in a page's code that do not exist: npm scripts, and tiphys with its flags. */
export function commandProblems(page: Page, scripts: readonly string[], program: ProgramShape): string[] {
  const code = codeOf(page.text).join('\n');
  const npmScripts = [...code.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
    ([, run, short]) => run ?? short ?? '',
  );
  const missing = npmScripts.filter((script) => !scripts.includes(script));
  const calls = [...code.matchAll(/\btiphys ([a-z][a-z-]*)([^\n|#`]*)/g)];
  return [
    ...missing.map((script) => `${page.path}: package.json has no script ${script}`),
    ...calls
      .flatMap(([, name = '', rest = '']) => callProblems(name, rest, program))
      .map((text) => `${page.path}: ${text}`),
  ];
}

function callProblems(name: string, rest: string, program: ProgramShape): string[] {
  const command = program.commands.find((one) => one.name === name);
  if (command === undefined) return [`there is no command tiphys ${name}`];
  const known = command.flags.flatMap(spellings);
  const written = [...rest.matchAll(/(?<=^|\s)--?[a-z][a-z-]*/g)].map(([flag]) => flag);
  return written.filter((flag) => !known.includes(flag)).map((flag) => `tiphys ${name} has no flag ${flag}`);
}

const FENCED = /^```.*\n([\s\S]*?)^```/gm;
const INLINE = /`([^`\n]+)`/g;

function codeOf(text: string): string[] {
  const fenced = [...text.matchAll(FENCED)].map(([, code = '']) => code);
  const inline = [...text.replace(FENCED, '').matchAll(INLINE)].map(([, code = '']) => code);
  return [...fenced, ...inline];
}

function withoutCode(text: string): string {
  return text.replace(FENCED, '').replace(INLINE, '');
}

/** Anchors as Git hosts make them of headings: lower case, punctuation left out, blanks as dashes. */
function anchorsOf({ text }: Page): string[] {
  const headings = [...text.replace(FENCED, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
