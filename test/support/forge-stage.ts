import type { ForgeKind } from '../../src/core/pull-requests/pull-request.ts';
import type { HttpAccess } from '../../src/ports/git.ts';
import type { CheckState } from './forges/fake-repository.ts';
import type { ForgeServer } from './forges/forge-server.ts';

/** A pull request as people see it on the forge's page. */
export interface Seen {
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly labels: readonly string[];
  readonly reviewers: readonly string[];
  readonly assignees: readonly string[];
  readonly comments: readonly string[];
}

/**
 * One repository on a forge with its people: what they do, and what they see. Its branches are main and release/1.0,
 * its users ann and bob, its label ci.
 */
export interface ForgeStage extends AsyncDisposable {
  readonly repoURL: string;
  /** Of another repository on that host, which does not exist. */
  readonly absentURL: string;
  /** May do all that Tiphys needs. */
  readonly access: HttpAccess;
  /** May read, and nothing else. */
  readonly reader: HttpAccess;
  /** What the forge answers over HTTP can be spoilt; undefined for a real one. */
  readonly server: ForgeServer | undefined;
  /** A new commit on a branch, which begins at main if it is not there. @returns the commit */
  push(branch: string): Promise<string>;
  /** Lets a check report on a commit. */
  check(commit: string, state: CheckState): Promise<void>;
  look(id: string): Promise<Seen>;
  close(id: string): Promise<void>;
  reopen(id: string): Promise<void>;
  merge(id: string): Promise<void>;
  /** Both branches of the request change the same line. */
  makeConflict(id: string): Promise<void>;
  /** Refuses direct pushes. */
  protect(branch: string, protection: { readonly needsSignature: boolean }): Promise<void>;
  /** A merge into main waits for checks from now on. */
  needChecks(): Promise<void>;
  /** Somebody proposes a branch of the same name from a fork. */
  proposeFromFork(head: string, base: string): Promise<void>;
  /** So many other requests into main are made, and closed. */
  fill(count: number): Promise<void>;
  /** From now on the credential may not make labels. */
  forbidNewLabels(): Promise<void>;
}

/** What a forge has; the suite asks only for that. */
export interface ForgeFeatures {
  readonly labels: boolean;
  readonly assignees: boolean;
  readonly drafts: boolean;
  readonly reopening: boolean;
  /** Whether the forge itself merges later. */
  readonly autoMerge: boolean;
  /** Whether it has a rule that commits are signed, and tells of it. */
  readonly signatures: boolean;
  /** Whether somebody who may write can still be kept from making labels. */
  readonly labelRights: boolean;
}

/** One forge for the shared suite. The suite needs nothing but this. */
export interface ForgeUnderTest {
  readonly kind: ForgeKind;
  readonly features: ForgeFeatures;
  /** The pauses of our own between two looks; a double needs none. */
  readonly pauses: 'real' | 'none';
  start(): Promise<ForgeStage>;
}
