// Builds the parts and wires them; nothing else does. What a command does not need is not even loaded.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import packageJson from '../package.json' with { type: 'json' };
import type { Inputs } from './applications/read-inputs.ts';
import { runCli } from './cli/program.ts';
import type { CycleOptions, Work } from './cli/work.ts';
import type { Setting } from './config/settings/setting.ts';
import type { Given, Settings } from './config/settings.ts';
import type { Wording } from './controller/compose.ts';
import type { RegistriesText } from './controller/lint/registries-conf.ts';
import type { SettledSource } from './controller/settled-source.ts';
import { Failure, type Problem, toProblem } from './core/failure.ts';
import type { FieldPath } from './core/field-path.ts';
import type { LintReport } from './core/finding.ts';
import type { ImageTestReport } from './core/image-test.ts';
import type { ListedTag } from './core/listed-tag.ts';
import type { Migration } from './core/migration.ts';
import type { RegistriesConfig } from './core/registry-endpoint.ts';
import type { CycleReport } from './core/report.ts';
import type { Preview } from './core/template-kinds.ts';
import type { ApplicationSource, Applications, KeyValueObject } from './ports/application-source.ts';
import type { Registries, RegistriesOptions } from './registries/registries.ts';
import type { Store } from './store/open-store.ts';

const DEMO_PUSH_EVERY_MS = 4_000;

const work: Work = {
  async plan(options, signal) {
    await using parts = await openParts(await openInput(options, signal), { dryRun: true });
    return await parts.cycle(signal);
  },
  async explain(options, choose, signal) {
    await using parts = await openParts(await openInput(options, signal), { dryRun: true, choose });
    return await parts.cycle(signal);
  },
  async run(options, finished, signal) {
    const [{ runSettings }, { runEvery }] = await Promise.all([
      import('./config/cycle-settings.ts'),
      import('./controller/run.ts'),
    ]);
    const input = await openInput(options, signal);
    const { intervalMs, once, dryRun } = runSettings(input.settings);
    await using parts = await openParts(input, once ? { dryRun } : { dryRun, intervalMs });
    await runEvery({ intervalMs, once }, parts.cycle, (cycle) => finished({ ...cycle, dryRun }), signal);
    return once ? 'done' : 'stopped';
  },
  lint,
  testImages,
  previewTemplate,
  async testPolicies(filenames, signal) {
    const { testPolicies } = await import('./controller/test-policies.ts');
    return testPolicies(await readFiles(filenames, signal));
  },
  migrate,
  demo,
};

async function lint(...[options, online, signal]: Parameters<Work['lint']>): Promise<LintReport> {
  const [{ lint }, { loadSettled }, { cycleSettings }] = await Promise.all([
    import('./controller/lint/lint.ts'),
    import('./controller/lint/settled-input.ts'),
    import('./config/cycle-settings.ts'),
  ]);
  const settled = await loadSettled(await inputOpener(options), options.given, signal);
  const { input } = settled;
  const { argocdNamespace, annotations, platforms, writeBack } = cycleSettings(
    settled.settings,
    options.defaultStateDir,
  );
  const { registries, missing } = await findRegistriesConf(settled.settings);
  const settings = { argocdNamespace, annotations, defaultPlatforms: platforms, writeBackDefault: writeBack };
  await using stack = new AsyncDisposableStack();
  const asked = online ? await openForLint(registries, () => input.secrets) : undefined;
  stack.defer(async () => asked?.close());
  const failures = [...missing, ...settled.failures];
  return await lint({ ...settled, failures, settings, registries, tags: asked?.scan() }, signal);
}

/** A registries.conf that is wrong is reported; the registries are asked as if there were none. */
async function openForLint(
  given: RegistriesText | undefined,
  secrets: () => readonly KeyValueObject[],
): Promise<Registries> {
  const [{ BUILT_IN_REGISTRIES }, { parseRegistriesConf }] = await Promise.all([
    import('./core/registry-endpoint.ts'),
    import('./config/registries-conf.ts'),
  ]);
  const parsed = given && parseRegistriesConf(given.text);
  return await openConfigured(parsed?.ok ? parsed.config : BUILT_IN_REGISTRIES, secrets);
}

/** Where registries.conf stands, if there is one; one that was asked for and is not there is missing. */
async function findRegistriesConf(settings: Settings): Promise<{
  readonly registries: RegistriesText | undefined;
  readonly missing: readonly Problem[];
}> {
  const [{ CATALOGUE }, { yamlPositions }] = await Promise.all([
    import('./config/settings-catalogue.ts'),
    import('./core/yaml-positions.ts'),
  ]);
  const { object, text, isAskedFor } = await readContent(settings, CATALOGUE.registriesConfPath);
  if (text === undefined) return { registries: undefined, missing: isAskedFor ? [noSuchFile(object)] : [] };
  // Inside a ConfigMap the whole text stands at its key.
  const { origin, path: key = [] } = settings.given(CATALOGUE.registriesConfPath)?.location ?? {};
  const positionOf = origin ? () => origin.positionOf(key) : (path: FieldPath) => yamlPositions(text)(0, path);
  return { registries: { text, origin: { file: origin?.file ?? object, positionOf } }, missing: [] };
}

function noSuchFile(path: string): Problem {
  const fix = 'correct the path, or leave --registries-conf-path out';
  return { code: 'INPUT_UNREADABLE', object: path, message: 'there is no such file', fix };
}

async function testImages(...[options, signal]: Parameters<Work['testImages']>): Promise<ImageTestReport> {
  const [{ testImages }, { settle, unusedSettings }, { SETTINGS }] = await Promise.all([
    import('./controller/test-images.ts'),
    import('./config/settings.ts'),
    import('./config/settings-catalogue.ts'),
  ]);
  const { images, policy, tagsFrom } = options;
  const settings = settle(options.settings);
  const unused = unusedSettings(settings, SETTINGS);
  if (tagsFrom !== undefined) {
    const [{ scanOf }, tags] = await Promise.all([import('./core/listed-tag.ts'), readTags(tagsFrom, signal)]);
    return { ...(await testImages(images, policy, async () => scanOf(tags, policy, undefined))), warnings: unused };
  }
  const [{ scanImage }, { config, warnings }] = await Promise.all([
    import('./controller/scanning.ts'),
    readRegistriesConf(settings),
  ]);
  const registries = await openConfigured(config, () => []);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => registries.close());
  const source = registries.scan();
  const pullSecret = options.credentials === undefined ? {} : { pullSecret: options.credentials };
  const tested = await testImages(images, policy, (image) =>
    scanImage(source, { image, policy, ...pullSecret }, undefined, signal),
  );
  signal.throwIfAborted();
  return { ...tested, warnings: [...unused, ...warnings] };
}

async function previewTemplate(...[options, signal]: Parameters<Work['previewTemplate']>): Promise<Preview> {
  const { previewTemplate, templateKinds } = await import('./core/template-kinds.ts');
  const kind = templateKinds.find(({ id }) => id === options.kind);
  if (!kind) throw new Error(`no kind of template ${options.kind}`);
  const text = options.file === undefined ? kind.defaultText : await readOneFile(options.file, signal);
  if (text === undefined) {
    const fix = 'give a file, or - for standard input';
    throw new Failure('SETTING_INVALID', `there is no default template of kind ${kind.id}`, { fix, object: 'FILE' });
  }
  if (options.data === undefined) return previewTemplate(kind, text, undefined);
  const json = await readOneFile(options.data, signal);
  try {
    return previewTemplate(kind, text, JSON.parse(json));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'bad-data', problem: error.message };
  }
}

/** @throws {Failure} INPUT_UNREADABLE */
async function readOneFile(path: string, signal: AbortSignal): Promise<string> {
  const { inputs, failures } = await readFiles([path], signal);
  const [problem] = failures;
  if (problem) throw new Failure('INPUT_UNREADABLE', problem.message, { fix: problem.fix, object: problem.object });
  const [input] = inputs;
  if (input && inputs.length === 1) return input.text;
  const fix = 'give one file, or - for standard input';
  throw new Failure('INPUT_UNREADABLE', 'is not one file', { fix, object: path });
}

/** @throws {Failure} INPUT_UNREADABLE */
async function readTags(path: string, signal: AbortSignal): Promise<readonly ListedTag[]> {
  const { readTagList } = await import('./config/tag-list.ts');
  const list = readTagList(path, await readOneFile(path, signal));
  const [problem] = list.failures;
  if (problem) throw new Failure('INPUT_UNREADABLE', problem.message, { fix: problem.fix, object: problem.object });
  return list.tags;
}

async function migrate(...[options, signal]: Parameters<Work['migrate']>): Promise<Migration> {
  const { migrateFromAnnotations, migrateFromFlux } = await import('./controller/migrate.ts');
  if (options.from === 'annotations') {
    const { source } = await openInput(options, signal);
    return migrateFromAnnotations(await source.load(signal), options.name);
  }
  const [{ collect }, { readManifests }, { settle }, { CATALOGUE }] = await Promise.all([
    import('./applications/collect.ts'),
    import('./applications/read-manifests.ts'),
    import('./config/settings.ts'),
    import('./config/settings-catalogue.ts'),
  ]);
  const files = await readFiles(options.filenames, signal);
  const read = files.inputs.map(readManifests);
  const manifests = read.flatMap((one) => one.manifests);
  const collected = collect(manifests, settle(options.given).valueOf(CATALOGUE.argocdNamespace));
  const input = {
    ...collected,
    failures: [...files.failures, ...read.flatMap((one) => one.failures), ...collected.failures],
    warnings: [...files.warnings, ...read.flatMap((one) => one.warnings), ...collected.warnings],
  };
  return migrateFromFlux(input, { manifests, files: files.inputs }, options.name);
}

/** Files, folders and "-" for standard input. */
async function readFiles(paths: readonly string[], signal: AbortSignal): Promise<Inputs> {
  const { readInputs, readText } = await import('./applications/read-inputs.ts');
  return await readInputs(paths, process.cwd(), () => readText(process.stdin), signal);
}

async function demo(...[options, happened, signal]: Parameters<Work['demo']>): Promise<void> {
  const [{ runEvery }, { startDemo }] = await Promise.all([import('./controller/run.ts'), import('./demo/story.ts')]);
  const seen = (release: { readonly repository: string; readonly tag: string }) =>
    happened({ kind: 'tag', image: `${demo.registry}/${release.repository}`, tag: release.tag });
  await using demo = await startDemo({ port: options.port, now: Date.now, onPush: seen });
  await using parts = await openParts(await openDemoInput(demo, signal), { dryRun: false });
  const { registry, pushCommand, cloneURL } = demo;
  happened({ kind: 'started', registry, pushCommand, cloneURL });
  seen(demo.pushNext());
  const pushing = options.once ? undefined : setInterval(() => seen(demo.pushNext()), DEMO_PUSH_EVERY_MS);
  try {
    await runEvery(options, parts.cycle, (cycle) => happened({ kind: 'cycle', ...cycle }), signal);
  } finally {
    clearInterval(pushing);
  }
}

/** The demo depends on nothing of the machine: no variable, no file that a container may have mounted. */
async function openDemoInput(demo: { readonly applications: string; readonly stateDir: string }, signal: AbortSignal) {
  const { CATALOGUE } = await import('./config/settings-catalogue.ts');
  const byFlag = (setting: Setting, text: string): Given => ({ setting, source: 'flag', name: '', object: '', text });
  const given = [
    byFlag(CATALOGUE.commitUser, 'tiphys'),
    byFlag(CATALOGUE.commitEmail, 'tiphys@localhost'),
    { ...byFlag(CATALOGUE.registriesConfPath, ''), isContent: true } as const,
    { ...byFlag(CATALOGUE.commitMessagePath, ''), isContent: true } as const,
  ];
  return await openInput({ filenames: [demo.applications], given, defaultStateDir: demo.stateDir }, signal);
}

interface Input extends SettledSource {
  readonly defaultStateDir: string;
}

/** The input, and the settings that the command line, the environment and the input itself agree on. */
async function openInput(options: CycleOptions, signal: AbortSignal): Promise<Input> {
  const { openSettled } = await import('./controller/settled-source.ts');
  const { given, defaultStateDir } = options;
  return { ...(await openSettled(await inputOpener(options), given, signal)), defaultStateDir };
}

async function inputOpener({ filenames: paths }: CycleOptions) {
  const { fileSource } = await import('./applications/files.ts');
  return (argocdNamespace: () => string): ApplicationSource =>
    fileSource({ paths, stdin: process.stdin, cwd: process.cwd(), argocdNamespace });
}

interface Parts extends AsyncDisposable {
  readonly cycle: (signal: AbortSignal) => Promise<CycleReport>;
}

interface Mode {
  readonly dryRun: boolean;
  /** What lies between two cycles, where there are several. */
  readonly intervalMs?: number;
  /** Picks one Application by its "namespace/name"; all of them without it. */
  readonly choose?: (applicationIds: readonly string[]) => string;
}

/** Everything a cycle touches the world with, kept over cycles and given back in the end. */
async function openParts(input: Input, { dryRun, intervalMs, choose }: Mode): Promise<Parts> {
  const [{ cycleSettings }, { openGit }, { targetKinds }, { resolveConfiguration }, { runCycle }] = await Promise.all([
    import('./config/cycle-settings.ts'),
    import('./git/open-git.ts'),
    import('./writeback/index.ts'),
    import('./controller/configure.ts'),
    import('./controller/cycle.ts'),
  ]);
  const { env } = process;
  const settings = cycleSettings(input.settings, input.defaultStateDir);
  const { argocdNamespace, commit } = settings;
  const wording = await readWording(input.settings);
  const registriesConf = await readRegistriesConf(input.settings);
  // Secrets are part of the input: what the last load found is what credentials are taken from.
  let secrets: readonly KeyValueObject[] = [];
  const storeProblems: Problem[] = [];
  const applications: ApplicationSource = {
    async load(signal) {
      const loaded = await input.source.load(signal);
      secrets = loaded.secrets;
      const warnings = [...registriesConf.warnings, ...storeProblems.splice(0), ...loaded.warnings];
      return chosen({ ...loaded, warnings }, choose);
    },
  };
  await using stack = new AsyncDisposableStack();
  const git = stack.use(
    openGit({
      stateDir: resolve(settings.stateDir),
      identity: { name: commit.user, email: commit.email },
      secrets: () => secrets,
      argocdNamespace,
      env,
      now: () => new Date(),
      random: Math.random,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    }),
  );
  const memory = stack.use(await openMemory(settings.stateDir, storeProblems));
  const registries = await openConfigured(registriesConf.config, () => secrets, {
    memory,
    recheckMs: settings.recheckMs,
    ...(intervalMs === undefined ? {} : { intervalMs }),
  });
  stack.defer(() => registries.close());
  const parts = {
    applications,
    git,
    scan: registries.scan,
    kinds: targetKinds,
    grouping: commit.grouping,
    wording,
    argocdNamespace,
    dryRun,
  };
  const configuration = {
    defaultPlatforms: settings.platforms,
    writeBackDefault: settings.writeBack,
    annotations: settings.annotations,
  };
  const owned = stack.move();
  return {
    cycle: (signal) =>
      runCycle({ ...parts, configure: (loaded) => resolveConfiguration(loaded, configuration) }, signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function chosen(loaded: Applications, choose: Mode['choose']): Applications {
  if (!choose || loaded.applications.length === 0) return loaded;
  const idOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;
  try {
    const id = choose(loaded.applications.map(idOf));
    return { ...loaded, applications: loaded.applications.filter((application) => idOf(application) === id) };
  } catch (error) {
    // What could not be read may be the very Application that was meant.
    if (loaded.failures.length === 0) throw error;
    return { ...loaded, applications: [], failures: [...loaded.failures, toProblem('APP', error)] };
  }
}

async function openMemory(stateDir: string, problems: Problem[]): Promise<Store> {
  const { openStore } = await import('./store/open-store.ts');
  return openStore({ path: join(resolve(stateDir), 'store.sqlite'), warn: (problem) => problems.push(problem) });
}

/** Without a memory nothing is remembered longer than the program runs. */
async function openConfigured(
  config: RegistriesConfig,
  secrets: () => readonly KeyValueObject[],
  kept: Partial<Pick<RegistriesOptions, 'memory' | 'recheckMs' | 'intervalMs'>> = {},
): Promise<Registries> {
  const [{ openRegistries }, { openMemoryStore }] = await Promise.all([
    import('./registries/registries.ts'),
    import('./store/open-store.ts'),
  ]);
  const memory = kept.memory ?? openMemoryStore();
  const { env } = process;
  const dockerConfig = await readIfThere(join(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json'));
  return openRegistries({ config, secrets, dockerConfig, env, ...kept, memory });
}

async function readRegistriesConf(
  settings: Settings,
): Promise<{ readonly config: RegistriesConfig; readonly warnings: readonly Problem[] }> {
  const [{ BUILT_IN_REGISTRIES }, { CATALOGUE }] = await Promise.all([
    import('./core/registry-endpoint.ts'),
    import('./config/settings-catalogue.ts'),
  ]);
  const { object, text, isAskedFor } = await readContent(settings, CATALOGUE.registriesConfPath);
  if (text === undefined) {
    return { config: BUILT_IN_REGISTRIES, warnings: isAskedFor ? [missingRegistriesConf(object)] : [] };
  }
  const { parseRegistriesConf } = await import('./config/registries-conf.ts');
  const result = parseRegistriesConf(text);
  if (result.ok) return result;
  const message = result.problems.map((problem) => `${problem.object}: ${problem.message}`).join('; ');
  const fix = [...new Set(result.problems.map((problem) => problem.fix))].join('; ');
  throw new Failure('SETTING_INVALID', message, { fix, object });
}

/** How commits are worded: by the user's own template, else by upstream's default text. */
async function readWording(settings: Settings): Promise<Wording> {
  const [{ CATALOGUE }, { plainWording, templatedCommitMessage }, { DEFAULT_COMMIT_TEMPLATE, parseCommitTemplate }] =
    await Promise.all([
      import('./config/settings-catalogue.ts'),
      import('./core/commit-message.ts'),
      import('./core/commit-template.ts'),
    ]);
  const { object, text } = await readContent(settings, CATALOGUE.commitMessagePath);
  // Upstream goes on without the file too, and takes an empty one for none.
  if (!text || text === DEFAULT_COMMIT_TEMPLATE) return plainWording;
  const parsed = parseCommitTemplate(text);
  if (parsed.ok) return (changes) => templatedCommitMessage(changes, parsed.template);
  const fix = 'correct the template; tiphys template shows what it gives';
  throw new Failure('SETTING_INVALID', parsed.problem.message, { fix, object });
}

interface Content {
  /** The file or the key, as a person knows it. */
  readonly object: string;
  /** Undefined when there is no such file. */
  readonly text: string | undefined;
  /** False for a file that is read only if it happens to be there. */
  readonly isAskedFor: boolean;
}

/** The content of the file that a setting names, or what a ConfigMap holds in its place. */
async function readContent(settings: Settings, setting: Setting<string> & { default: string }): Promise<Content> {
  const given = settings.given(setting);
  if (given?.isContent) return { object: given.object, text: given.text, isAskedFor: true };
  const path = settings.valueOf(setting);
  return { object: path, text: await readIfThere(path), isAskedFor: given !== undefined };
}

/** Upstream goes on without the file too: a ConfigMap that is not mounted is its normal case. */
function missingRegistriesConf(path: string): Problem {
  const message = 'there is no such file; only the built-in registries are known';
  return { code: 'SETTING_UNUSED', object: path, message, fix: 'write it, or leave --registries-conf-path out' };
}

/** @throws {Failure} INPUT_UNREADABLE for a file that is there but cannot be read */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure('INPUT_UNREADABLE', message, { fix: 'make the file readable', object: path, cause: error });
  }
}

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
