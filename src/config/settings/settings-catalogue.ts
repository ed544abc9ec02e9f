import { COMMIT_SETTINGS } from './commits.ts';
import { CONTROLLER_SETTINGS } from './controller.ts';
import { CYCLE_SETTINGS } from './cycle.ts';
import { HANDOFF_SETTINGS } from './handoff.ts';
import { OLD_LINE_SETTINGS } from './old-line.ts';
import type { Setting } from './setting.ts';
import { WEBHOOK_SETTINGS } from './webhook.ts';

/**
 * Every setting there is: upstream's (reference part 2, sections 3.1, 5 and 7) and our own. The flags of commands, the
 * variables and keys that are read, docs/settings.md and completion follow from it.
 */
export const CATALOGUE = {
  ...CYCLE_SETTINGS,
  ...COMMIT_SETTINGS,
  ...CONTROLLER_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...HANDOFF_SETTINGS,
  ...OLD_LINE_SETTINGS,
};

export const SETTINGS: readonly Setting[] = Object.values(CATALOGUE);

/** The settings as a page shows them. */
export const SETTING_GROUPS: readonly { readonly title: string; readonly settings: readonly Setting[] }[] = [
  { title: 'What is looked at, and how often', settings: Object.values(CYCLE_SETTINGS) },
  { title: 'Commits', settings: Object.values(COMMIT_SETTINGS) },
  { title: 'Log, events, metrics, health and replicas', settings: Object.values(CONTROLLER_SETTINGS) },
  { title: 'Webhooks', settings: Object.values(WEBHOOK_SETTINGS) },
  { title: 'Hand-offs', settings: Object.values(HANDOFF_SETTINGS) },
  { title: 'Settings of the 0.x line', settings: Object.values(OLD_LINE_SETTINGS) },
];
