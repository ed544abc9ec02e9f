import type { Printer } from './io.ts';
import type { Palette } from './palette.ts';

/** What every command prints with. */
export interface Desk {
  readonly printer: Printer;
  readonly version: string;
  /** For standard output and for standard error, which may be different things. */
  readonly palettes: { readonly stdout: Palette; readonly stderr: Palette };
  /** Whether a terminal, which obeys control characters, reads standard output. */
  readonly toTerminal: boolean;
  /** The same of standard error. */
  readonly errorsToTerminal: boolean;
}
