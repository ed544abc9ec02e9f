import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { askingFirst } from '../controller/asking-first.ts';
import { openBranchWriter } from '../controller/branch-writer.ts';
import { openResolver } from '../controller/configure.ts';
import { type ConfiguredInput, carryOut, runCycle } from '../controller/cycle.ts';
import type { HandedOff } from '../controller/decisions.ts';
import { type HandoffLooks, openHandoffLooks } from '../controller/handoffs/handoff-looks.ts';
import { keepScans } from '../controller/kept-scans.ts';
import type { MayWrite } from '../controller/may-write.ts';
import { patchMemory } from '../controller/patch-memory.ts';
import { proposalMemory } from '../controller/pull-requests/memory.ts';
import type { Cycle } from '../controller/run.ts';
import { type Survey, survey } from '../controller/survey.ts';
import { applicationId } from '../core/applications/application.ts';
import { type Problem, toProblem } from '../core/failure.ts';
import { redactProblem } from '../core/redact.ts';
import type { ImageName } from '../core/reference.ts';
import type { CycleReport } from '../core/report.ts';
import type { RolloutTools } from '../pipelines/wait/rollout.ts';
import type { Applications } from '../ports/application-source.ts';
import type { HandoffStore } from '../ports/handoffs.ts';
import type { LookInbox } from '../ports/look-inbox.ts';
import type { GitObserver, RegistryObserver } from '../ports/observers.ts';
import type { StatusParts } from '../ports/status-parts.ts';
import { targetKinds } from '../writeback/index.ts';
import { configurationSettings } from './configuration.ts';
import { openWiredForges } from './forges.ts';
import { openWiredGit, wiredApiCommits } from './git.ts';
import type { Input } from './inputs.ts';
import { openConfigured, readRegistriesConf } from './registries.ts';
import { openConfiguredStore } from './store.ts';
import { readWording } from './wording.ts';

interface Parts extends AsyncDisposable {
  readonly cycle: Cycle;
  /** The two halves of a cycle, for who looks at a part. */
  readonly survey: (signal: AbortSignal) => Promise<Survey>;
  readonly carryOut: (
    part: ConfiguredInput,
    mayWrite: MayWrite | undefined,
    signal: AbortSignal,
  ) => Promise<CycleReport>;
  /** By what roll-outs are followed; undefined where Applications are only files. */
  readonly rollouts: Pick<RolloutTools, 'applications' | 'git'> | undefined;
  /** What is remembered of hand-offs, and what looks make of it; undefined where none are taken. */
  readonly handoffs: { readonly store: HandoffStore; readonly looks: HandoffLooks } | undefined;
  /** What replicas tell each other by; undefined where each has a store of its own. */
  readonly shared: (LookInbox & StatusParts) | undefined;
}

interface Mode {
  readonly dryRun: boolean;
  /** What lies between two cycles, where there are several. */
  readonly intervalMs?: number;
  readonly observer?: RegistryObserver & GitObserver;
  /** Called when Applications were listed. */
  readonly listed?: () => void;
  /** Picks one Application by its "namespace/name"; all of them without it. */
  readonly choose?: (applicationIds: readonly string[]) => string;
}

/** How long changes of a branch wait for those of other cycles. */
const COLLECT_MS = 100;

/** Everything a cycle touches the world with, kept over cycles and given back in the end. */
export async function openParts(input: Input, mode: Mode): Promise<Parts> {
  const { dryRun, intervalMs, choose, observer } = mode;
  const settings = cycleSettings(input.settings, input.defaultStateDir);
  const { argocdNamespace, commit } = settings;
  const { live } = input.source;
  const { author, wording, readsProvenance } = await readWording(input.settings, commit);
  const registriesConf = await readRegistriesConf(input.settings);
  // Secrets and ConfigMaps are part of the input: credentials and trust are taken from what the last load found.
  let loaded: Pick<Applications, 'secrets' | 'configMaps'> = { secrets: [], configMaps: [] };
  const { remark, withRemarks } = openRemarks();
  const load = async (signal: AbortSignal) => {
    const now = await input.source.load(signal);
    loaded = now;
    mode.listed?.();
    return chosen({ ...now, warnings: [...registriesConf.warnings, ...now.warnings] }, choose);
  };
  await using stack = new AsyncDisposableStack();
  const forges = stack.use(openWiredForges());
  const apiCommits = wiredApiCommits(commit, forges, remark);
  const git = stack.use(openWiredGit(settings, author, () => loaded, apiCommits, observer));
  const memory = stack.use(await openConfiguredStore(settings, remark));
  const registries = await openConfigured(registriesConf.config, () => loaded.secrets, {
    memory,
    recheckMs: settings.recheckMs,
    ...(observer ? { observer } : {}),
    ...(intervalMs === undefined ? {} : { intervalMs }),
  });
  stack.defer(() => registries.close());
  const scans = keepScans(registries.scan);
  const composing = { kinds: targetKinds, grouping: commit.grouping, wording };
  const parts = {
    ...composing,
    applications: { load },
    git,
    // Only a process that goes on has cycles that overlap.
    pushChanges: openBranchWriter(git, composing, intervalMs === undefined ? 0 : COLLECT_MS),
    argocdNamespace,
    dryRun,
    readsProvenance,
    keepsVerdicts: choose !== undefined,
    proposer: { branches: git, access: git, forges, memory: proposalMemory() },
    ...(live ? { live: { applications: live, memory: patchMemory(), refreshes: settings.refreshes } } : {}),
  };
  const handoffs = openHandoffs(input, memory.handoffs);
  const configure = openResolver(configurationSettings(settings, live !== undefined));
  const owned = stack.move();
  return {
    async cycle(signal, fresh) {
      const look = (handedOff?: HandedOff, images: readonly ImageName[] = []) => {
        const scan = () => (fresh ? scans.partly([...fresh, ...images]) : scans.whole());
        return runCycle({ ...parts, scan, configure, handedOff }, signal);
      };
      return withRemarks(await lookWith(handoffs, look, dryRun));
    },
    async survey(signal) {
      const now = await load(signal);
      return survey(now, configure(now));
    },
    async carryOut(part, mayWrite, signal) {
      const all = { ...parts, scan: registries.scan };
      const fenced = mayWrite ? { ...all, ...askingFirst(all, mayWrite) } : all;
      const look = (handedOff?: HandedOff) => carryOut(part, { ...fenced, handedOff }, signal);
      return withRemarks(await lookWith(handoffs, look, dryRun));
    },
    rollouts: live && { applications: live, git },
    handoffs,
    shared: settings.store && memory,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What the store and Git remark on their own; a report tells it once. */
function openRemarks() {
  const remarks: Problem[] = [];
  return {
    remark(problem: Problem): void {
      remarks.push(problem);
    },
    withRemarks: (report: CycleReport): CycleReport => ({
      ...report,
      warnings: [...report.warnings, ...remarks.splice(0).map(redactProblem)],
    }),
  };
}

function openHandoffs({ settings }: Input, store: HandoffStore): Parts['handoffs'] {
  return settings.valueOf(CATALOGUE.enableHandoff) ? { store, looks: openHandoffLooks(store, Date.now) } : undefined;
}

function lookWith(
  handoffs: Parts['handoffs'],
  look: (handedOff?: HandedOff, images?: readonly ImageName[]) => Promise<CycleReport>,
  dryRun: boolean,
): Promise<CycleReport> {
  return handoffs ? handoffs.looks.look(look, dryRun) : look();
}

function chosen(loaded: Applications, choose: Mode['choose']): Applications {
  if (!choose || loaded.applications.length === 0) return loaded;
  try {
    const id = choose(loaded.applications.map(applicationId));
    return { ...loaded, applications: loaded.applications.filter((application) => applicationId(application) === id) };
  } catch (error) {
    // What could not be read may be the very Application that was meant.
    if (loaded.failures.length === 0) throw error;
    return { ...loaded, applications: [], failures: [...loaded.failures, toProblem('APP', error)] };
  }
}
