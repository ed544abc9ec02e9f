/** So many at once, and one more each `everyMs`. */
interface Rate {
  readonly burst: number;
  readonly everyMs: number;
}

/** How often repositories are looked at because somebody asks for it. */
export interface LookLimits {
  /** Between two looks at the same repository. */
  readonly pauseMs: number;
  /** For the looks that one kind of asker may cause. */
  readonly perKind: Rate;
  /** For all of them together; undefined for no limit. */
  readonly total?: Rate | undefined;
}

/** `joined`: a look that is still to come serves this request too. */
type PacedLook =
  | { readonly kind: 'now' }
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'joined' };

/**
 * When a repository that somebody asked for is looked at. Nothing is refused and nothing piles up: a request beyond the
 * limits waits its turn, and those that come meanwhile wait with it. Holds one number for each repository that waits or
 * has just been looked at.
 */
export interface LookPacing {
  /** @param nowMs of a clock that never goes back */
  ask(repository: string, kind: string, nowMs: number): PacedLook;
  /** Those whose turn has come, each once. */
  due(nowMs: number): readonly string[];
  /** When `due` has something again; undefined when nothing waits. */
  nextMs(): number | undefined;
}

export function paceLooks(limits: LookLimits): LookPacing {
  const waiting = new Map<string, number>();
  /** When each may be looked at again. */
  const resting = new Map<string, number>();
  const kinds = new Map<string, Turns>();
  const total = limits.total && takeTurns(limits.total);
  const kindOf = (kind: string): Turns => {
    const turns = kinds.get(kind) ?? takeTurns(limits.perKind);
    kinds.set(kind, turns);
    return turns;
  };
  const look = (repository: string, nowMs: number) => {
    // They stand in the order in which their rest ends, because all rest equally long.
    for (const [rested, untilMs] of resting) {
      if (untilMs > nowMs) break;
      resting.delete(rested);
    }
    waiting.delete(repository);
    resting.set(repository, nowMs + limits.pauseMs);
  };
  return {
    ask(repository, kind, nowMs) {
      if (waiting.has(repository)) return { kind: 'joined' };
      const restedMs = Math.max(nowMs, resting.get(repository) ?? nowMs);
      const allowedMs = kindOf(kind)(restedMs);
      const atMs = total ? total(allowedMs) : allowedMs;
      if (atMs > nowMs) {
        waiting.set(repository, atMs);
        return { kind: 'later', atMs };
      }
      look(repository, nowMs);
      return { kind: 'now' };
    },
    due(nowMs) {
      const ready = [...waiting].filter(([, atMs]) => atMs <= nowMs).map(([repository]) => repository);
      for (const repository of ready) look(repository, nowMs);
      return ready;
    },
    nextMs: () => (waiting.size === 0 ? undefined : Math.min(...waiting.values())),
  };
}

/** Takes the next turn at or after a moment, and says when it is. */
type Turns = (nowMs: number) => number;

// The generic cell rate algorithm: one number says how far ahead of the steady rate the turns are.
function takeTurns({ burst, everyMs }: Rate): Turns {
  let steadyMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    const atMs = Math.max(nowMs, steadyMs - (burst - 1) * everyMs);
    steadyMs = Math.max(steadyMs, atMs) + everyMs;
    return atMs;
  };
}
