import { expect, test } from 'vitest';
import { item, REPO, report } from '../../../test/support/sample-report.ts';
import type { PullRequestReport } from '../../core/report.ts';
import { plain } from '../palette.ts';
import { renderOutcomes } from './cycle.ts';
import { planDocument } from './documents.ts';
import { renderExplanation } from './explanation.ts';
import { renderPlan } from './plan.ts';
import { renderSummary } from './summary.ts';

const PLANNED: PullRequestReport = {
  forge: 'gitea',
  repoURL: REPO,
  head: 'tiphys/argocd-shop-0123456789',
  base: 'main',
  title: 'build: automatic update of shop',
  url: null,
  state: 'planned',
  remarks: [],
};
const OPEN: PullRequestReport = {
  ...PLANNED,
  url: 'https://git.example/pulls/7',
  state: 'open',
  remarks: ['not merged yet: checks run'],
};

const moving = (pullRequest: PullRequestReport) =>
  item({ to: '1.1.0', outcome: 'update', rule: 'newest', reason: '1.1.0 is newer', pullRequest });

test('a plan names the request that would be opened, or the one that is', () => {
  expect(renderPlan(report({ items: [moving(PLANNED)] }), plain)).toContain(
    '  pull request tiphys/argocd-shop-0123456789 into main (planned)\n',
  );
  expect(renderPlan(report({ items: [moving(OPEN)] }), plain)).toContain(
    '  pull request https://git.example/pulls/7 (open); not merged yet: checks run\n',
  );
});

test('a cycle says proposed, and lists the requests', () => {
  const cycle = report({ items: [moving(OPEN)], pullRequests: [OPEN] });
  expect(renderOutcomes(cycle, plain)).toMatchInlineSnapshot(`
    "proposed argocd/shop web ghcr.io/acme/web 1.0.0 -> 1.1.0: 1.1.0 is newer
    request https://git.example/pulls/7 (open); not merged yet: checks run build: automatic update of shop (main of https://git.example/gitops.git)
    "
  `);
  expect(renderSummary(cycle)).toContain('1 update in 1 pull request');
});

test('an explanation says what is waited for', () => {
  expect(renderExplanation([moving(OPEN)], plain)).toContain('  waits for   the pull request to be merged\n');
  expect(renderExplanation([moving(PLANNED)], plain)).toContain('  waits for   nothing; the next run proposes it\n');
  const rejected = item({ outcome: 'held', rule: 'rejected', reason: 'a person closed it' });
  expect(renderExplanation([rejected], plain)).toContain('or the pull request to be opened again');
});

test('a document has it with the item and in a list', () => {
  expect(planDocument(report({ items: [moving(OPEN)], pullRequests: [OPEN] }))).toMatchObject({
    items: [{ pullRequest: OPEN }],
    pullRequests: [OPEN],
  });
});
