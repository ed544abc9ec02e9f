import type { Problem } from './failure.ts';

/** Tells each problem once: those of one message are the same. */
export function onceEach(warn: (problem: Problem) => void): (problem: Problem) => void {
  const told = new Set<string>();
  return (problem) => {
    if (!told.has(problem.message)) warn(problem);
    told.add(problem.message);
  };
}
