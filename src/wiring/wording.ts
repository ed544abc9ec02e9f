import { DEFAULT_AUTHOR } from '../config/settings/commits.ts';
import type { CommitSettings } from '../config/settings/cycle-settings.ts';
import type { Setting } from '../config/settings/setting.ts';
import type { Settings } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import type { Wording } from '../controller/compose.ts';
import { type Author, authorOf, parseAuthorField } from '../core/commits/commit-author.ts';
import { plainWording, signedOff, templatedCommitMessage } from '../core/commits/commit-message.ts';
import { DEFAULT_COMMIT_TEMPLATE, parseCommitTemplate } from '../core/commits/commit-template.ts';
import { Failure } from '../core/failure.ts';
import type { ParsedTemplate, Template } from '../core/go-template/template.ts';
import { readContent } from './given-texts.ts';

/** Who commits, and how: the author where a commit has none of its own, and the words of each commit. */
export interface CommitWords {
  readonly author: Author;
  readonly wording: Wording;
  /** Whether the words may tell where an image comes from. */
  readonly readsProvenance: boolean;
}

/** @throws {Failure} SETTING_INVALID for a template that cannot be parsed */
export async function readWording(settings: Settings, commit: CommitSettings): Promise<CommitWords> {
  const { commitUser, commitEmail } = CATALOGUE;
  const template = {
    name: parsedSetting(parseAuthorField(commit.user), commitUser),
    email: parsedSetting(parseAuthorField(commit.email), commitEmail),
  };
  const words = await readMessageTemplate(settings);
  return {
    author: DEFAULT_AUTHOR,
    wording: (changes) => {
      const worded = words.wording(changes);
      const applications = changes.map(({ application }) => application);
      const own = authorOf(template, applications, DEFAULT_AUTHOR);
      const message = commit.signOff ? signedOff(worded.message, own) : worded.message;
      return { ...worded, message, author: own };
    },
    readsProvenance: words.readsProvenance,
  };
}

/** The text of commits: by the user's own template, else upstream's default. */
async function readMessageTemplate(settings: Settings): Promise<Omit<CommitWords, 'author'>> {
  const { object, text } = await readContent(settings, CATALOGUE.commitMessagePath);
  // Upstream goes on without the file too, and takes an empty one for none.
  if (!text || text === DEFAULT_COMMIT_TEMPLATE) return { wording: plainWording, readsProvenance: false };
  const template = parsedTemplate(parseCommitTemplate(text), object);
  return {
    wording: (changes) => templatedCommitMessage(changes, template),
    readsProvenance: PROVENANCE_FIELDS.test(text),
  };
}

/** Also where a template only mentions them: at worst something is read that nobody shows. */
const PROVENANCE_FIELDS = /\b(?:Labels|Source|Revision|ReleaseNotes)\b/;

function parsedSetting(parsed: ParsedTemplate, setting: Setting): Template {
  return parsedTemplate(parsed, setting.flag ?? '');
}

function parsedTemplate(parsed: ParsedTemplate, object: string): Template {
  if (parsed.ok) return parsed.template;
  const fix = 'correct the template; tiphys template shows what it gives';
  throw new Failure('SETTING_INVALID', parsed.problem.message, { fix, object });
}
