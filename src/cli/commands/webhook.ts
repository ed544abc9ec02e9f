import { type Given, settledBy } from '../../config/settings/settings.ts';
import { CATALOGUE } from '../../config/settings/settings-catalogue.ts';
import { lookingWhenAsked } from '../../config/settings/when-asked.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import { performWhenAsked } from '../perform-when-asked.ts';

export const webhook: CliCommand = {
  name: 'webhook',
  description: 'serve webhooks, and look at nothing until one comes',
  examples: [
    { command: 'tiphys webhook -n argocd', what: 'beside a cluster, which is looked at by its current context' },
    { command: 'tiphys webhook -f apps/ --webhook-port 8443', what: 'over manifests, which are read again and again' },
  ],
  define(command, context) {
    addCycleFlags(command, 'webhook');
    command.action((flags: CycleFlags) => {
      const options = cycleOptions(flags, command, 'webhook', context);
      context.request({ ...options, given: settled(options.given) }, performWhenAsked);
    });
  },
};

/** What was given, and what makes the command what it is. */
function settled(given: readonly Given[]): readonly Given[] {
  const { enableWebhook, maxConcurrentUpdaters, maxConcurrentReconciles } = CATALOGUE;
  const others = given.filter(({ setting }) => setting !== maxConcurrentUpdaters);
  // Flags come before variables.
  const atOnce = given.find(({ setting }) => setting === maxConcurrentUpdaters);
  return [
    ...others,
    ...lookingWhenAsked('webhook'),
    settledBy('webhook', enableWebhook, 'true'),
    {
      ...settledBy('webhook', maxConcurrentReconciles, maxConcurrentUpdaters.default),
      ...(atOnce && { object: atOnce.object, text: atOnce.text }),
    },
  ];
}
