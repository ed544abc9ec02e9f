import { doubtOf, type ListDoubt } from '../core/deciding/list-doubt.ts';
import { Failure } from '../core/failure.ts';
import type { ListUpdate, RememberedList, RememberedPage } from '../ports/store.ts';
import type { TagList } from '../ports/tag-source.ts';
import type { RepositoryClient } from './repository-client.ts';

/**
 * Reads the list of tags, only as far as it changed where the registry can say so, and remembers it. A list that lost
 * too much since the last time is handed on with a doubt.
 * @throws {Failure} REGISTRY_EMPTY when there is none, and none was expected; those of RepositoryClient.tagPages
 */
export async function readTagList(repository: RepositoryClient, signal: AbortSignal): Promise<TagList> {
  const { memory } = repository;
  const nowMs = memory.now();
  const before = await memory.list();
  const pages = await repository.tagPages(before?.pages ?? [], signal);
  const tags = pages.flatMap((page) => page.tags);
  const doubt = before && judge(before, tags, nowMs, memory.intervalMs);
  if (before !== undefined || tags.length > 0) await memory.keepList(updateOf(before, pages, tags, doubt, nowMs));
  if (doubt !== undefined) return { tags, doubt };
  if (tags.length > 0) return { tags };
  throw new Failure('REGISTRY_EMPTY', `${repository.name} has no tags`, {
    fix: 'push an image, or check whether something deleted them all',
    retry: { kind: 'backoff' },
  });
}

function judge(
  before: RememberedList,
  answer: readonly string[],
  nowMs: number,
  intervalMs: number,
): ListDoubt | undefined {
  const isSame = sameTexts(tagsOf(before), answer);
  // Nothing was doubted and nothing changed, which is how nearly every scan goes.
  if (isSame && before.pending === undefined) return undefined;
  const earlier = isSame ? before.pending : undefined;
  return doubtOf({ believed: believedBy(before), answer, earlier, nowMs, intervalMs });
}

function updateOf(
  before: RememberedList | undefined,
  pages: readonly RememberedPage[],
  tags: readonly string[],
  doubt: ListDoubt | undefined,
  nowMs: number,
): ListUpdate {
  const changed = before !== undefined && samePages(before.pages, pages) ? {} : { pages };
  if (before === undefined) return { nowMs, ...changed, appeared: [], left: [] };
  const believed = believedBy(before);
  if (doubt !== undefined) {
    const { answers, sinceMs } = doubt;
    return { nowMs, ...changed, pending: { believed, answers, sinceMs }, appeared: [], left: [] };
  }
  if (!('pages' in changed) && before.pending === undefined) return { nowMs, appeared: [], left: [] };
  const [old, present] = [new Set(believed), new Set(tags)];
  return { nowMs, ...changed, appeared: [...present.difference(old)], left: [...old.difference(present)] };
}

/** The tags of the last list that was believed. */
function believedBy(before: RememberedList): readonly string[] {
  return before.pending?.believed ?? tagsOf(before);
}

function tagsOf({ pages }: RememberedList): readonly string[] {
  return pages.flatMap((page) => page.tags);
}

function samePages(one: readonly RememberedPage[], other: readonly RememberedPage[]): boolean {
  return one.length === other.length && one.every((page, index) => samePage(page, other[index]));
}

function samePage(page: RememberedPage, other: RememberedPage | undefined): boolean {
  if (page === other) return true;
  const { url, etag, next, tags } = page;
  return url === other?.url && etag === other.etag && next === other.next && sameTexts(tags, other.tags);
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
