/** What git may speak; `http` and `file` only where somebody says so. */
export const GIT_PROTOCOLS = ['https', 'ssh', 'http', 'file'] as const;
export type GitProtocol = (typeof GIT_PROTOCOLS)[number];
