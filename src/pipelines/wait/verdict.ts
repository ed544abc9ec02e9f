import type { Problem } from '../../core/failure.ts';
import type { ImageReference } from '../../core/reference.ts';
import type { Lack } from '../../core/wait-report.ts';
import type { ObservedApplication, ObservedSource } from './observed-application.ts';

/** What is waited for. */
export interface Wanted {
  /** Object id of a commit or its beginning, lower case; undefined: whatever the sources say now. */
  readonly commit: string | undefined;
  /** The repository of the commit; with it commits of its history can be asked for. */
  readonly repoURL: string | undefined;
  /** Without a tag or digest any version will do. */
  readonly images: readonly ImageReference[];
  /** Noted in the operation that is to be asked for; undefined where none is. */
  readonly syncMark: string | undefined;
  /** How long something may look bad before it counts as failed. */
  readonly graceMs: number;
}

/** What is remembered from one look to the next. */
export interface Memory {
  /** When the operation began that was the last one before the first look; "" for none. */
  readonly firstOperation: string;
  /** What looks bad, and since when. */
  readonly bad?: { readonly lacks: Lack; readonly sinceMs: number };
  readonly askedMs: Readonly<Partial<Record<'refresh' | 'sync', number>>>;
}

/** An Application at one moment. */
export interface Look {
  /** undefined: there is no such Application. */
  readonly application: ObservedApplication | undefined;
  readonly nowMs: number;
  /** By revision, whether its history has the wanted commit; as far as that was asked. */
  readonly histories: ReadonlyMap<string, boolean>;
}

export type Verdict =
  | { readonly kind: 'waiting'; readonly lacks: Lack; readonly reason: string; readonly ask?: Ask }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly problem: Omit<Problem, 'object'> };

/** What is to be done before the next look. */
type Ask =
  | { readonly kind: 'refresh' }
  | { readonly kind: 'sync' }
  /** Whether the history of this revision has the wanted commit. */
  | { readonly kind: 'history'; readonly source: ObservedSource };

/** What stands between an Application and being done; "bad" is final once it has lasted for the time of grace. */
export type Finding =
  | Exclude<Verdict, { readonly kind: 'done' }>
  | (Omit<Extract<Verdict, { readonly kind: 'waiting' }>, 'kind'> & {
      readonly kind: 'bad';
      /** What it comes to when it lasts, where that is no failure. */
      readonly otherwise?: Omit<Problem, 'object'>;
    });

/** What a check looks at. */
export interface Scene {
  readonly application: ObservedApplication;
  readonly wanted: Wanted;
  readonly memory: Memory;
  readonly histories: Look['histories'];
}
