import type { Command, Option } from 'commander';

/**
 * Brings arguments into the one order and spelling that the commands are defined in. Upstream's manifests put flags
 * before the command, and Go's flags take a value for yes and no only behind an equals sign.
 */
export function normaliseArguments(argv: readonly string[], program: Command): readonly string[] {
  const end = argv.indexOf('--');
  const written = (end < 0 ? argv : argv.slice(0, end)).flatMap(separateValue);
  const ordered = commandFirst(written, program);
  const command = program.commands.find((one) => one.name() === ordered[0]);
  const mayStandAlone = (word: string) => command?.options.some(({ long, optional }) => optional && long === word);
  const spelt = ordered.map((word) => (mayStandAlone(word) ? `${word}=true` : word));
  return [...spelt, ...(end < 0 ? [] : argv.slice(end))];
}

/** `-o=json`, as kubectl and upstream take it, is `-o json`. */
function separateValue(argument: string): string[] {
  const [, flag, value] = /^(-[a-z])=(.*)$/s.exec(argument) ?? [];
  return flag === undefined || value === undefined ? [argument] : [flag, value];
}

/** Flags before the command go behind it, with their values. What no command knows is left for the complaint. */
function commandFirst(argv: readonly string[], program: Command): readonly string[] {
  const known = program.commands.flatMap(({ options }) => options);
  let at = 0;
  for (let word = argv[0]; word?.startsWith('-'); word = argv[at]) {
    const option = known.find((one) => spells(one, word));
    if (option === undefined) return argv;
    at += option.required && !word.includes('=') ? 2 : 1;
  }
  const command = argv[at];
  return command === undefined ? argv : [command, ...argv.slice(0, at), ...argv.slice(at + 1)];
}

function spells({ long, short }: Option, word: string): boolean {
  return word === short || word.split('=')[0] === long;
}
