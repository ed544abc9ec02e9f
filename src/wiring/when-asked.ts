import { type FollowedFiles, followFiles } from '../applications/followed-files.ts';
import type { CycleOptions, Work } from '../cli/work.ts';
import { around } from './around.ts';
import { runFollowed, runOverCluster } from './controller.ts';
import type { Followed } from './followed.ts';
import { inputOpener } from './inputs.ts';
import { wholeCharge } from './leading.ts';

/**
 * Serves what the settings say, and looks at Applications only as it is asked to there, until the signal aborts. The
 * settings must say so, see `lookingWhenAsked`.
 */
export async function runWhenAsked(...[options, happened, signal]: Parameters<Work['runWhenAsked']>): Promise<void> {
  if (!options.fromCluster) await runFollowed(followGiven(options), options, happened, signal);
  else await runOverCluster(options, happened, signal);
}

/** How often files are looked through, since nothing tells of their changes. */
const FILES_MS = 15_000;

function followGiven(options: CycleOptions): Followed<FollowedFiles> {
  return {
    source: (where) => followFiles(inputOpener(options)(where), { everyMs: FILES_MS, sleep: around.sleep }),
    place: { kind: 'stand-alone' },
    log: 'stand-alone',
    tellOf: () => undefined,
    whileInCharge: (_replicas, _happened, work, signal) => work(wholeCharge(signal)),
    [Symbol.asyncDispose]: async () => {},
  };
}
