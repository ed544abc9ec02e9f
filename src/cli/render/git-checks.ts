import { GIT_QUESTIONS, type GitAnswer, type GitCheck } from '../../core/git-check.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

const QUESTION_WIDTH = Math.max(...GIT_QUESTIONS.map((question) => question.length));
const ANSWER_WIDTH = 'unknown'.length;

/** A block for each repository, a line for each question, and below what stands in the way what to do. */
export function renderGitChecks(checks: readonly GitCheck[], palette: Palette): string {
  return checks.map((check) => renderCheck(check, palette)).join('\n');
}

/** The same as scripts read it. Keys and their order are a contract; new ones are added at the end. */
export function gitChecksDocument(checks: readonly GitCheck[]): readonly object[] {
  return checks.map(({ repoURL, branch, credential, forge, answers }) => ({
    repoURL,
    branch,
    credential,
    forge,
    answers: answers.map(({ question, answer, isObstacle, detail, fix }) => ({
      question,
      answer,
      isObstacle,
      detail,
      fix,
    })),
  }));
}

function renderCheck({ repoURL, branch, credential, forge, answers }: GitCheck, palette: Palette): string {
  const title = `${repoURL} (${branch ?? 'default branch'})`;
  const way = credential === null ? 'no credential could be chosen' : `with ${credential}`;
  const who = `${way}${forge === null ? '' : `, on ${forge}`}`;
  const lines = answers.flatMap((answer) => renderAnswer(answer, palette));
  return [palette.heading(printable(title)), `  ${printable(who)}`, ...lines, ''].join('\n');
}

function renderAnswer({ question, answer, isObstacle, detail, fix }: GitAnswer, palette: Palette): readonly string[] {
  const paint = isObstacle ? palette.error : answer === 'unknown' ? palette.faint : palette.added;
  const line = `  ${question.padEnd(QUESTION_WIDTH)}  ${paint(answer.padEnd(ANSWER_WIDTH))}  ${printable(detail)}`;
  const indent = ' '.repeat(QUESTION_WIDTH + ANSWER_WIDTH + 6);
  return fix === null ? [line.trimEnd()] : [line.trimEnd(), `${indent}fix: ${printable(fix)}`];
}
