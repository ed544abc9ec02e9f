import type { ApplicationPatches, LiveApplications } from '../ports/cluster.ts';
import type { Forge } from '../ports/forge.ts';
import type { CarryParts } from './cycle.ts';
import type { MayWrite } from './may-write.ts';
import type { Outlets } from './outlets.ts';

/** What writes: to Git, to a forge, to an Application. */
type Writers = Pick<CarryParts, 'pushChanges' | 'proposer' | 'live'>;

/** The same, which ask before they write. What they read they read as before. */
export function askingFirst({ pushChanges, proposer, live }: Writers, mayWrite: MayWrite): Writers {
  const { branches, forges } = proposer;
  return {
    pushChanges: (changes, signal) => pushChanges(changes, signal, mayWrite),
    proposer: {
      ...proposer,
      branches: {
        present: (...asked) => branches.present(...asked),
        publish: (branch, compose, signal) => {
          const composing: typeof compose = async (tree) => {
            await mayWrite(signal);
            return await compose(tree);
          };
          return branches.publish(branch, composing, signal);
        },
        async remove(branch, signal) {
          await mayWrite(signal);
          return await branches.remove(branch, signal);
        },
      },
      forges: { open: async (...asked) => askingForge(await forges.open(...asked), mayWrite) },
    },
    ...(live ? { live: { ...live, applications: askingApplications(live.applications, mayWrite) } } : {}),
  };
}

/** What tells the cluster, the same way: a leader that woke up late must not put its news over its successor's. */
export function askingOutlets(outlets: Outlets, mayWrite: MayWrite): Outlets {
  const { statuses, events, applications } = outlets;
  return {
    ...outlets,
    statuses: statuses && {
      async apply(updater, status, signal) {
        await mayWrite(signal);
        return await statuses.apply(updater, status, signal);
      },
      async removeFinalizer(updater, finalizer, signal) {
        await mayWrite(signal);
        return await statuses.removeFinalizer(updater, finalizer, signal);
      },
    },
    events: events && {
      async record(event, signal) {
        await mayWrite(signal);
        await events.record(event, signal);
      },
    },
    applications: askingPatches(applications, mayWrite),
  };
}

function askingForge(forge: Forge, mayWrite: MayWrite): Forge {
  const { pullRequests, merging } = forge;
  return {
    ...forge,
    pullRequests: {
      find: (...asked) => pullRequests.find(...asked),
      async save(draft, existing, signal) {
        await mayWrite(signal);
        return await pullRequests.save(draft, existing, signal);
      },
      async close(request, comment, signal) {
        await mayWrite(signal);
        await pullRequests.close(request, comment, signal);
      },
    },
    merging: {
      async merge(request, headCommit, how, signal) {
        await mayWrite(signal);
        return await merging.merge(request, headCommit, how, signal);
      },
    },
  };
}

function askingApplications(applications: LiveApplications, mayWrite: MayWrite): LiveApplications {
  return {
    application: (...asked) => applications.application(...asked),
    applicationSet: (...asked) => applications.applicationSet(...asked),
    ...askingPatches(applications, mayWrite),
    refresh: (...asked) => applications.refresh(...asked),
  };
}

function askingPatches(applications: ApplicationPatches, mayWrite: MayWrite): ApplicationPatches {
  return {
    async patch(application, operations, signal) {
      await mayWrite(signal);
      return await applications.patch(application, operations, signal);
    },
  };
}
