// Where the program starts. Each command's parts are wired in src/wiring; what a command does not need is not even
// loaded.
import packageJson from '../package.json' with { type: 'json' };
import { runCli } from './cli/program.ts';
import type { Work } from './cli/work.ts';

const work: Work = {
  plan: async (...asked) => (await import('./wiring/cycle.ts')).plan(...asked),
  explain: async (...asked) => (await import('./wiring/cycle.ts')).explain(...asked),
  run: async (...asked) => (await import('./wiring/cycle.ts')).run(...asked),
  runWhenAsked: async (...asked) => (await import('./wiring/when-asked.ts')).runWhenAsked(...asked),
  lint: async (...asked) => (await import('./wiring/lint.ts')).lint(...asked),
  auditCredentials: async (...asked) => (await import('./wiring/credentials.ts')).auditCredentials(...asked),
  testImages: async (...asked) => (await import('./wiring/test-images.ts')).testImages(...asked),
  checkRegistries: async (...asked) => (await import('./wiring/registry-check.ts')).checkRegistries(...asked),
  checkGit: async (...asked) => (await import('./wiring/git-check.ts')).checkGit(...asked),
  history: async (...asked) => (await import('./wiring/history.ts')).history(...asked),
  testPolicies: async (...asked) => (await import('./wiring/test-policies.ts')).testPolicies(...asked),
  previewTemplate: async (...asked) => (await import('./wiring/template.ts')).previewTemplate(...asked),
  diff: async (...asked) => (await import('./wiring/diff.ts')).diff(...asked),
  setImage: async (...asked) => (await import('./wiring/set-image.ts')).setImage(...asked),
  handOff: async (...asked) => (await import('./wiring/hand-off.ts')).handOff(...asked),
  appendToFile: async (...asked) => (await import('./wiring/set-image.ts')).appendToFile(...asked),
  wait: async (...asked) => (await import('./wiring/wait.ts')).wait(...asked),
  listRights: async (...asked) => (await import('./wiring/rights.ts')).listRights(...asked),
  migrate: async (...asked) => (await import('./wiring/migrate.ts')).migrate(...asked),
  demo: async (...asked) => (await import('./wiring/demo.ts')).demo(...asked),
};

/** The first signal asks everything to end well; a second one ends the process at once. */
function endingSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort(new DOMException(`ended by ${name}`, 'AbortError')));
  }
  return controller.signal;
}

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    version: packageJson.version,
    signal: endingSignal(),
  },
  work,
);
