import { settledBy } from '../../config/settings/settings.ts';
import { CATALOGUE } from '../../config/settings/settings-catalogue.ts';
import { lookingWhenAsked } from '../../config/settings/when-asked.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import { performWhenAsked } from '../perform-when-asked.ts';

export const serve: CliCommand = {
  name: 'serve',
  description: 'take hand-offs of pipelines, and look at nothing until one comes',
  examples: [
    { command: 'tiphys serve -n argocd --handoff-config handoff.yaml', what: 'beside a cluster' },
    { command: 'tiphys serve -f apps/ --handoff-config handoff.yaml --enable-webhook', what: 'and webhooks too' },
  ],
  define(command, context) {
    addCycleFlags(command, 'serve');
    command.action((flags: CycleFlags) => {
      const options = cycleOptions(flags, command, 'serve', context);
      const settled = [...lookingWhenAsked('serve'), settledBy('serve', CATALOGUE.enableHandoff, 'true')];
      context.request({ ...options, given: [...options.given, ...settled] }, performWhenAsked);
    });
  },
};
