import type { LiveApplications } from '../ports/cluster.ts';

/** The Applications of an input that is opened when it is first used. */
export function deferredLive(open: () => Promise<LiveApplications>): LiveApplications {
  return {
    application: async (...asked) => (await open()).application(...asked),
    applicationSet: async (...asked) => (await open()).applicationSet(...asked),
    patch: async (...asked) => (await open()).patch(...asked),
    refresh: async (...asked) => (await open()).refresh(...asked),
  };
}
