import type { CliCommand } from '../cli-command.ts';
import { completion } from './completion.ts';
import { credentials } from './credentials.ts';
import { demo } from './demo.ts';
import { diff } from './diff.ts';
import { explain } from './explain.ts';
import { git } from './git.ts';
import { handoff } from './handoff.ts';
import { help } from './help.ts';
import { history } from './history.ts';
import { lint } from './lint.ts';
import { migrate } from './migrate.ts';
import { plan } from './plan.ts';
import { rbac } from './rbac.ts';
import { registry } from './registry.ts';
import { run } from './run.ts';
import { serve } from './serve.ts';
import { setImage } from './set-image.ts';
import { template } from './template.ts';
import { test } from './test.ts';
import { testPolicy } from './test-policy.ts';
import { version } from './version.ts';
import { wait } from './wait.ts';
import { webhook } from './webhook.ts';

/** Every command, in the order of the help and of docs/cli.md. A new one is a new file and a line here. */
export const cliCommands: readonly CliCommand[] = [
  run,
  webhook,
  serve,
  plan,
  explain,
  history,
  setImage,
  diff,
  wait,
  handoff,
  lint,
  credentials,
  test,
  testPolicy,
  registry,
  git,
  rbac,
  template,
  migrate,
  demo,
  version,
  completion,
  help,
];
