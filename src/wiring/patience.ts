import type { CycleOptions, Work } from '../cli/work.ts';
import { logSettings } from '../config/settings/log-settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { settleRight } from '../controller/settled-source.ts';
import { toProblem } from '../core/failure.ts';
import { onceEach } from '../core/once-each.ts';
import type { Patience } from '../ports/cluster.ts';

/**
 * Who looks once waits for nothing that is away, as a job of CI would not; whoever goes on does, and says each reason
 * once, as the settings have it that need no cluster.
 */
export function patienceOf({ given }: Pick<CycleOptions, 'given'>, happened: Parameters<Work['run']>[1]): Patience {
  const settings = settleRight(given);
  if (settings.valueOf(CATALOGUE.once)) return () => false;
  const log = logSettings(settings, 'cluster');
  const warn = onceEach((problem) => happened({ kind: 'problem', level: 'warn', problem }, log));
  return (failure) => {
    warn(toProblem('cluster', failure));
    return true;
  };
}
