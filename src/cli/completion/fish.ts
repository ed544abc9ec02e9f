import type { CommandShape, FlagShape, ProgramShape, ValueShape } from './shape.ts';

export function fishScript(program: ProgramShape): string {
  const start = `complete -c ${program.name}`;
  const atFirst = `${start} -n __fish_use_subcommand`;
  const lines = [
    `# fish completion for ${program.name}: ${program.name} completion fish | source`,
    `${start} -f`,
    ...program.flags.map((flag) => `${atFirst} ${flagWords(flag)}`),
    ...program.commands.flatMap((command) => [
      `${atFirst} -a ${command.name} -d ${quoted(command.description)}`,
      ...commandLines(command, `${start} -n '__fish_seen_subcommand_from ${command.name}'`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines(command: CommandShape, start: string): string[] {
  const words = command.words.length > 0 ? [`${start} -a ${quoted(command.words.join(' '))}`] : [];
  return [...words, ...command.flags.map((flag) => `${start} ${flagWords(flag)}`)];
}

function flagWords({ short, long, description, value }: FlagShape): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  return `${names}${valueWords(value)} -d ${quoted(description)}`;
}

function valueWords(value: ValueShape): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'choice':
      return ` -x -a ${quoted(value.values.join(' '))}`;
    case 'file':
      return ' -r -F';
    case 'folder':
      return " -x -a '(__fish_complete_directories)'";
    case 'text':
      return ' -x';
    default:
      return value satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
