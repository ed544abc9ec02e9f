/**
 * Asked before each try to write, where several replicas take turns.
 * @throws {Failure} ABORTED when another one is in charge by now; CLUSTER_UNREACHABLE, ... when nobody can tell
 */
export type MayWrite = (signal: AbortSignal) => Promise<void>;
