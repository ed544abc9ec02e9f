import { hash } from 'node:crypto';

export type CheckState = 'pending' | 'passed' | 'failed';

/** A pull request as a double holds it; each forge's double shows it in the forge's own words. */
export interface FakeRequest {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  /** From somebody else's copy of the repository. */
  readonly isFromFork: boolean;
  title: string;
  body: string;
  state: 'open' | 'merged' | 'closed';
  isDraft: boolean;
  labels: string[];
  reviewers: string[];
  assignees: string[];
  comments: string[];
  hasConflicts: boolean;
  /** The forge was asked to merge once its rules are met. */
  isScheduled: boolean;
  /** The head when it was last open. */
  lastCommit: string;
}

export interface Protection {
  readonly needsSignature: boolean;
}

/** What every forge holds of the one repository that a double has: acme/deploy, with its users. */
export class FakeRepository {
  readonly branches = new Map<string, string>([['main', commitOf('main', 0)]]);
  readonly requests: FakeRequest[] = [];
  readonly labels = new Set<string>(['ci']);
  readonly users: readonly string[] = ['ann', 'bob', 'tiphys-bot'];
  readonly protections = new Map<string, Protection>();
  /** The base branch wants checks to pass before it takes a merge. */
  needsChecks = false;
  mayMakeLabels = true;
  /** What commits through the API said: headline, body, and each file as "path=content". */
  readonly written: (readonly string[])[] = [];
  readonly #checks = new Map<string, CheckState>();
  #pushes = 0;

  push(branch: string): string {
    const commit = commitOf(branch, ++this.#pushes);
    this.moveTo(branch, commit);
    return commit;
  }

  moveTo(branch: string, commit: string): void {
    this.branches.set(branch, commit);
    for (const request of this.requests) {
      if (request.state !== 'open' || request.head !== branch || request.isFromFork) continue;
      if (request.lastCommit !== commit) request.isScheduled = false;
      request.lastCommit = commit;
    }
  }

  /** The open request that stands in the way of another one. */
  openRequest(head: string, base: string): FakeRequest | undefined {
    return this.requests.find(
      (one) => one.state === 'open' && one.head === head && one.base === base && !one.isFromFork,
    );
  }

  open(given: Pick<FakeRequest, 'head' | 'base' | 'title'> & Partial<FakeRequest>): FakeRequest {
    const request: FakeRequest = {
      number: this.requests.length + 1,
      body: '',
      isFromFork: false,
      state: 'open',
      isDraft: false,
      labels: [],
      reviewers: [],
      assignees: [],
      comments: [],
      hasConflicts: false,
      isScheduled: false,
      lastCommit: this.branches.get(given.head) ?? '',
      ...given,
    };
    this.requests.push(request);
    return request;
  }

  request(number: string | number): FakeRequest | undefined {
    return this.requests.find((one) => one.number === Number(number));
  }

  check(commit: string, state: CheckState): void {
    this.#checks.set(commit, state);
    for (const request of this.requests) this.#mergeIfScheduled(request);
  }

  checkOf(commit: string): CheckState | undefined {
    return this.#checks.get(commit);
  }

  merge(request: FakeRequest): string {
    request.state = 'merged';
    request.isScheduled = false;
    const commit = commitOf(request.base, ++this.#pushes);
    this.branches.set(request.base, commit);
    return commit;
  }

  #mergeIfScheduled(request: FakeRequest): void {
    const isGreen = this.checkOf(request.lastCommit) === 'passed';
    if (request.state === 'open' && request.isScheduled && isGreen && !request.hasConflicts) this.merge(request);
  }
}

function commitOf(branch: string, push: number): string {
  return hash('sha1', `${branch} ${push}`);
}
