import { nearest } from '../core/nearest.ts';
import {
  AUTO_MERGES,
  FORGE_KINDS,
  type PullRequestGroup,
  type PullRequestSetting,
} from '../core/pull-requests/pull-request.ts';
import { parseGroupTemplate } from '../core/pull-requests/pull-request-group.ts';
import { type Annotations, findOwn, SETTINGS, type Setting } from './annotations/annotation-keys.ts';
import { type Checked, checked, refused, remarksOf } from './remark.ts';
import { readFlag } from './switches.ts';
import { bad, type Written } from './written.ts';

/** How changes are proposed, as somebody wrote it at one level. */
export interface WrittenPullRequest {
  readonly forge?: Written | undefined;
  readonly group?: Written | undefined;
  readonly labels?: Written<readonly string[]> | undefined;
  readonly reviewers?: Written<readonly string[]> | undefined;
  readonly assignees?: Written<readonly string[]> | undefined;
  readonly draft?: Written | undefined;
  readonly autoMerge?: Written | undefined;
}

/** The annotations about pull requests, of an Application or of an ImageUpdater. */
export const PULL_REQUEST_SETTINGS: Readonly<Record<keyof WrittenPullRequest, Setting>> = {
  forge: SETTINGS.pullRequest,
  group: SETTINGS.pullRequestGroup,
  labels: SETTINGS.pullRequestLabels,
  reviewers: SETTINGS.pullRequestReviewers,
  assignees: SETTINGS.pullRequestAssignees,
  draft: SETTINGS.pullRequestDraft,
  autoMerge: SETTINGS.pullRequestAutoMerge,
};

export function findPullRequest(annotations: Annotations): WrittenPullRequest {
  const own = (field: keyof WrittenPullRequest) => findOwn(annotations, PULL_REQUEST_SETTINGS[field], undefined);
  const items = (field: keyof WrittenPullRequest) => {
    const written = own(field);
    return written && { ...written, value: written.value.split(',') };
  };
  return {
    forge: own('forge'),
    group: own('group'),
    labels: items('labels'),
    reviewers: items('reviewers'),
    assignees: items('assignees'),
    draft: own('draft'),
    autoMerge: own('autoMerge'),
  };
}

/**
 * The setting of several levels together, each part by the nearest level that has it; undefined where changes are
 * pushed to the branch itself. Whatever is written is checked, also where it does not count.
 * @param levels from the nearest to the outermost
 */
export function readPullRequest(levels: readonly WrittenPullRequest[]): Checked<PullRequestSetting | undefined> {
  const first = <Key extends keyof WrittenPullRequest>(key: Key): WrittenPullRequest[Key] =>
    levels.find((level) => level[key] !== undefined)?.[key];
  const forge = readForge(first('forge'));
  const group = readGroup(first('group'));
  const labels = readNames(first('labels'));
  const reviewers = readNames(first('reviewers'));
  const assignees = readNames(first('assignees'));
  const draft = readFlag(first('draft'));
  const autoMerge = readWord(first('autoMerge'), AUTO_MERGES);
  if (forge.ok && group.ok && labels.ok && reviewers.ok && assignees.ok && draft.ok && autoMerge.ok) {
    if (forge.value === undefined || forge.value === 'off') return checked(undefined);
    return checked({
      forge: forge.value,
      group: group.value,
      labels: labels.value,
      reviewers: reviewers.value,
      assignees: assignees.value,
      draft: draft.value ?? false,
      autoMerge: autoMerge.value ?? 'off',
    });
  }
  return refused(...remarksOf([forge, group, labels, reviewers, assignees, draft, autoMerge]));
}

/** Settings of the nearest level that do nothing, because no level asks for pull requests. */
export function refuseUnasked(levels: readonly WrittenPullRequest[]): Checked<undefined> {
  const stray = Object.values(levels[0] ?? {}).find((written) => written !== undefined);
  if (!stray || levels.some(({ forge }) => forge !== undefined)) return checked(undefined);
  const fix = `add ${SETTINGS.pullRequest.prefix}/${SETTINGS.pullRequest.name}: auto, or remove it`;
  return bad(stray, 'no pull requests are asked for', fix);
}

const FORGE_WORDS = ['auto', 'off', ...FORGE_KINDS] as const;

function readForge(written: Written | undefined) {
  return readWord(written, FORGE_WORDS);
}

function readWord<Word extends string>(
  written: Written | undefined,
  words: readonly Word[],
): Checked<Word | undefined> {
  if (!written) return checked(undefined);
  const word = words.find((one) => one === written.value);
  if (word !== undefined) return checked(word);
  const fix = `write ${nearest(written.value, words) ?? words.join(', ')}`;
  return bad(written, `there is no "${written.value}" here`, fix);
}

const GROUP_WORDS = ['application', 'branch'] as const;

/** Text without an action is a template too, by which everything is in one group, unless it is a slip of a word. */
function readGroup(written: Written | undefined): Checked<PullRequestGroup> {
  if (!written) return checked({ kind: 'application' });
  const word = GROUP_WORDS.find((one) => one === written.value);
  if (word !== undefined) return checked({ kind: word });
  const meant = nearest(written.value, GROUP_WORDS);
  if (meant !== undefined) return bad(written, `there is no "${written.value}" here`, `write ${meant}`);
  const fix = 'write application, branch, or a template such as {{ .Project }}';
  if (written.value === '') return bad(written, 'is empty', fix);
  const template = parseGroupTemplate(written.value);
  if (template.ok) return checked({ kind: 'template', template: template.template });
  return bad(written, template.problem.message, fix);
}

/** As upstream's labels: blanks around them and duplicates are of no importance. */
const MOST_NAMES = 100;
const MOST_CHARACTERS = 255;

function readNames(written: Written<readonly string[]> | undefined): Checked<readonly string[]> {
  if (!written) return checked([]);
  const names = [...new Set(written.value.map((name) => name.trim()).filter((name) => name !== ''))];
  if (names.length > MOST_NAMES) return bad(written, `has more than ${MOST_NAMES} names`, 'remove some');
  const long = names.find((name) => [...name].length > MOST_CHARACTERS);
  if (long !== undefined) {
    return bad(written, `has a name of more than ${MOST_CHARACTERS} characters`, 'write a shorter one');
  }
  const odd = names.find((name) => /\p{Cc}/u.test(name));
  return odd === undefined ? checked(names) : bad(written, 'has a name of several lines', 'write one line');
}
