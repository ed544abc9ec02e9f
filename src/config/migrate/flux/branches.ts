import type { Application } from '../../../core/applications/application.ts';
import type { MigrationNote } from '../../../core/migration.ts';
import { mappingAt, textAt } from '../../../core/untyped.ts';
import type { Marker } from './markers.ts';
import { type FluxObject, placeOf } from './objects.ts';

/** The text of `gitConfig.branch` that the automation of a marker asks for; undefined where none is needed. */
export function branchFor(
  marker: Marker,
  { sources }: Application,
  automations: readonly FluxObject[],
): string | undefined {
  const found = automations.filter((automation) => covers(automation, marker)).map(branchesOf);
  const [first] = found;
  // Two that disagree both write in Flux; here a person has to say which one is meant.
  if (!first || found.some(({ base, push }) => base !== first.base || push !== first.push)) return undefined;
  const { base = '', push = base } = first;
  if (push !== base) return `${base}:${push}`;
  const isOwn = sources.some(({ targetRevision }) => targetRevision === base);
  return base === '' || isOwn ? undefined : base;
}

function covers({ namespace, spec }: FluxObject, { file, policy }: Marker): boolean {
  const folder = (textAt(mappingAt(spec, 'update'), 'path') ?? '').replace(/^\.?\/+|\/+$/g, '').replace(/^\.$/, '');
  const isOf = namespace === '' || namespace === policy.namespace;
  return isOf && (folder === '' || `/${file}`.includes(`/${folder}/`));
}

function branchesOf({ spec }: FluxObject): { readonly base: string | undefined; readonly push: string | undefined } {
  const git = mappingAt(spec, 'git');
  return {
    base: textAt(mappingAt(mappingAt(git, 'checkout'), 'ref'), 'branch'),
    push: textAt(mappingAt(git, 'push'), 'branch'),
  };
}

/** What an automation says that is a matter of flags here, or of nothing. */
export function notesOnAutomation(automation: FluxObject): readonly MigrationNote[] {
  const git = mappingAt(automation.spec, 'git');
  const [commit, push] = [mappingAt(git, 'commit'), mappingAt(git, 'push')];
  const fields = [
    [commit['author'], ['commit', 'author'], 'is said by --git-commit-user and --git-commit-email'],
    [commit['messageTemplate'], ['commit', 'messageTemplate'], 'sees other data: see --git-commit-message-path'],
    [commit['signingKey'], ['commit', 'signingKey'], 'is said by --git-commit-signing-key'],
    [push['refspec'], ['push', 'refspec'], 'has no equivalent'],
    [push['options'], ['push', 'options'], 'has no equivalent'],
    [automation.spec['policySelector'], undefined, 'has no equivalent: every marked policy counts'],
  ] as const;
  return fields
    .filter(([value]) => value !== undefined)
    .map(([, path, message]) => {
      const field = path ? ['spec', 'git', ...path] : ['spec', 'policySelector'];
      return { object: automation.title, message: `${field.join('.')} ${message} (${placeOf(automation, field)})` };
    });
}
