import type { Work } from '../cli/work.ts';
import type { Setting } from '../config/settings/setting.ts';
import type { Given } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { askedLooks } from '../controller/asked-looks.ts';
import { runEvery } from '../controller/run.ts';
import { startDemo } from '../demo/story.ts';
import { openParts } from './cycle-parts.ts';
import { openInput } from './inputs.ts';

const PUSH_EVERY_MS = 4_000;

export async function demo(...[options, happened, signal]: Parameters<Work['demo']>): Promise<void> {
  const seen = (release: { readonly repository: string; readonly tag: string }) =>
    happened({ kind: 'tag', image: `${story.registry}/${release.repository}`, tag: release.tag });
  await using story = await startDemo({ port: options.port, now: Date.now, onPush: seen });
  await using parts = await openParts(await openDemoInput(story, signal), { dryRun: false });
  const { registry, pushCommand, cloneURL } = story;
  happened({ kind: 'started', registry, pushCommand, cloneURL });
  seen(story.pushNext());
  const pushing = options.once ? undefined : setInterval(() => seen(story.pushNext()), PUSH_EVERY_MS);
  try {
    await runEvery(options, parts.cycle, (cycle) => happened({ kind: 'cycle', ...cycle }), askedLooks(), signal);
  } finally {
    clearInterval(pushing);
  }
}

/** The demo depends on nothing of the machine: no variable, no file that a container may have mounted. */
async function openDemoInput(story: { readonly applications: string; readonly stateDir: string }, signal: AbortSignal) {
  const byFlag = (setting: Setting, text: string): Given => ({ setting, source: 'flag', name: '', object: '', text });
  const given = [
    byFlag(CATALOGUE.commitUser, 'tiphys'),
    byFlag(CATALOGUE.commitEmail, 'tiphys@localhost'),
    { ...byFlag(CATALOGUE.registriesConfPath, ''), isContent: true } as const,
    { ...byFlag(CATALOGUE.commitMessagePath, ''), isContent: true } as const,
  ];
  return await openInput({ filenames: [story.applications], given, defaultStateDir: story.stateDir }, signal);
}
