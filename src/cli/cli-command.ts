import type { Command } from 'commander';
import type { Perform } from './request.ts';

/** One command, whole: what it is called, what it takes and what it does. */
export interface CliCommand {
  readonly name: string;
  /** What it does, going on from its name, without a full stop. */
  readonly description: string;
  /** What the flags leave unsaid, and exit codes of its own: a paragraph each, shown by --help and in docs/cli.md. */
  readonly details?: readonly string[];
  /** Shown by --help and in docs/cli.md; never empty. */
  readonly examples: readonly Example[];
  /** Adds its arguments, its flags and an action, which calls `context.request` once or shows help. */
  define(command: Command, context: CommandContext): void;
}

/** What a person would type. */
interface Example {
  readonly command: string;
  readonly what: string;
}

/** What a command knows of its surroundings when it is defined. */
export interface CommandContext {
  /** The whole program; every command is in it by now, though perhaps not yet defined. */
  readonly program: Command;
  readonly defaultStateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hands over what the arguments ask for, as plain data, and who will do it. */
  request<Options extends object>(options: Options, perform: Perform<Options>): void;
}
