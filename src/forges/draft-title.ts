const MOST_TITLE = 255;

/** For forges that tell a draft by its title. */
export interface DraftTitle {
  /** The title that the forge is given. */
  write(title: string, isDraft: boolean): string;
  /** The title without what makes it a draft. */
  read(title: string): string;
}

/** @param prefix  "Draft: "; @param marks  what the forge takes for such a prefix, from the title's start */
export function draftTitle(prefix: string, marks: RegExp): DraftTitle {
  return {
    write: (title, isDraft) => (isDraft ? `${prefix}${title}` : title).slice(0, MOST_TITLE),
    read: (title) => title.replace(marks, ''),
  };
}
