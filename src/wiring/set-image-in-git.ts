import type { SetImageInGit } from '../cli/work.ts';
import { DEFAULT_AUTHOR } from '../config/settings/commits.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { settle } from '../config/settings/settings.ts';
import type { Author } from '../core/commits/commit-author.ts';
import { withoutCredentials } from '../core/redact.ts';
import type { SetImageReport } from '../core/set-image-report.ts';
import { openCheckout } from '../git/checkout.ts';
import { openOwnGit } from '../git/own-git.ts';
import { readCiEnvironment } from '../pipelines/ci/ci-environment.ts';
import { chooseOrder } from '../pipelines/ci/default-order.ts';
import { type CheckoutRequest, setInCheckout } from '../pipelines/set-image/checkout/set-in-checkout.ts';
import { reportFile } from '../pipelines/set-image/report-file.ts';
import { proposeInRepository } from '../pipelines/set-image/repository/propose.ts';
import {
  type RepositoryReport,
  type RepositoryRequest,
  setInRepository,
} from '../pipelines/set-image/repository/set-in-repository.ts';
import type { AskedImages } from '../pipelines/set-image/set-image-request.ts';
import { around } from './around.ts';
import { openWiredGit } from './git.ts';

interface Options extends AskedImages {
  readonly git: SetImageInGit;
  readonly writes: boolean;
}

export async function setInGit(options: Options, signal: AbortSignal): Promise<SetImageReport> {
  const { git: asked, writes } = options;
  const { where, message, skipCi, force } = asked;
  const ci = readCiEnvironment(process.env);
  await using own = openOwnGit(process.cwd(), process.env);
  const order = await chooseOrder(asked.order, ci, (commit) => own.committedAt(commit, signal));
  const author = asked.author ?? ci?.author ?? (await own.author(signal)) ?? DEFAULT_AUTHOR;
  const request = { images: options, order, force, message, skipCi, ci, dryRun: !writes };
  const report =
    where.kind === 'repository'
      ? await inRepository({ ...request, branch: { ...where, project: 'default' } }, asked, author, signal)
      : await inCheckout({ ...request, ...where, author }, signal);
  const unordered = ci !== undefined && order === undefined ? [NO_ORDER] : [];
  return {
    ...report,
    files: report.files.map(reportFile),
    remarks: [...report.remarks, ...unordered].map(withoutCredentials),
  };
}

async function inRepository(
  request: RepositoryRequest,
  { given, defaultStateDir, pullRequest }: SetImageInGit,
  author: Author,
  signal: AbortSignal,
): Promise<RepositoryReport> {
  const settings = cycleSettings(settle(given), defaultStateDir);
  await using git = openWiredGit(settings, author);
  if (pullRequest === undefined) return await setInRepository(request, git, signal);
  // Whoever only pushes asks no forge.
  const { openWiredForges } = await import('./forges.ts');
  await using forges = openWiredForges();
  return await proposeInRepository(request, pullRequest, { git, forges }, signal);
}

async function inCheckout(request: CheckoutRequest, signal: AbortSignal): Promise<RepositoryReport> {
  await using checkout = await openCheckout(process.cwd(), process.env, signal);
  return await setInCheckout(request, checkout, process.cwd(), around, signal);
}

const NO_ORDER = 'this build has no order, so that a late one is not told from a new one; --order gives it one';
