import { type Parsed, parsed, unparsable } from './parsed.ts';

/** OCI image index, "platform": values as in Go's GOOS and GOARCH, case-sensitive. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** `os/arch[/variant]`, blanks around it ignored. */
export function parsePlatform(text: string): Parsed<Platform> {
  const [os, architecture, ...rest] = text.trim().split('/');
  if (!os || !architecture || rest.some((part) => part === '')) {
    return unparsable(`"${text}" is not a platform (os/arch or os/arch/variant, such as linux/amd64)`);
  }
  return parsed(rest.length > 0 ? { os, architecture, variant: rest.join('/') } : { os, architecture });
}

export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** Upstream's rule (reference part 1, 3.14): equal, or wanted without variant while the candidate has one. */
export function platformMatches(wanted: Platform, candidate: Platform): boolean {
  return (
    wanted.os === candidate.os &&
    wanted.architecture === candidate.architecture &&
    (wanted.variant === undefined || wanted.variant === candidate.variant)
  );
}

/** What attestations in an index call themselves; nothing can run there. */
export function isUnknownPlatform({ os, architecture }: Platform): boolean {
  return os === 'unknown' && architecture === 'unknown';
}

/** Whether every wanted platform is among those that there are; when none is named, any that is known. */
export function servesPlatforms(wanted: readonly Platform[], there: readonly Platform[]): boolean {
  if (wanted.length === 0) return there.some((platform) => !isUnknownPlatform(platform));
  return wanted.every((one) => there.some((platform) => platformMatches(one, platform)));
}

/** Where Go's name for a processor is not Node's. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** The platform of containers on a machine, by what Node calls its processor. */
export function linuxPlatform(nodeArchitecture: string): Platform {
  return { os: 'linux', architecture: GO_ARCHITECTURES[nodeArchitecture] ?? nodeArchitecture };
}
