import { createHash } from 'node:crypto';

/** One push of the demo's pretended build pipelines. */
export interface Release {
  readonly repository: string;
  readonly tag: string;
}

/** What is in the registry before anybody looks: exactly what the demo's Git repository says. */
export const FIRST_RELEASES: readonly Release[] = [
  { repository: 'acme/shop', tag: '1.4.0' },
  { repository: 'acme/web', tag: 'main-0c1d7e5' },
  { repository: 'acme/web', tag: 'pr-118' },
  { repository: 'acme/mailer', tag: '2.3.0' },
];

const STORY: readonly Release[] = [
  { repository: 'acme/shop', tag: '1.4.1' },
  { repository: 'acme/web', tag: 'main-5be21fa' },
  { repository: 'acme/shop', tag: '1.5.0-rc.1' },
  { repository: 'acme/mailer', tag: '2.4.0' },
  { repository: 'acme/web', tag: 'pr-119' },
  { repository: 'acme/shop', tag: '1.5.0' },
  { repository: 'acme/mailer', tag: '3.0.0' },
  { repository: 'acme/shop', tag: '2.0.0' },
];

/** The n-th push, from 0: a short story first (a patch, a build, a candidate, a major), then patches and builds for ever. */
export function release(n: number): Release {
  const told = STORY[n];
  if (told) return told;
  const rest = n - STORY.length;
  const round = Math.floor(rest / 3);
  if (rest % 3 === 0) return { repository: 'acme/shop', tag: `1.4.${round + 2}` };
  if (rest % 3 === 1) return { repository: 'acme/mailer', tag: `2.4.${round + 1}` };
  return { repository: 'acme/web', tag: `main-${createHash('sha256').update(String(n)).digest('hex').slice(0, 7)}` };
}
