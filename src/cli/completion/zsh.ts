import { type CommandShape, type FlagShape, type ProgramShape, spellings, type ValueShape } from './shape.ts';

/** Works sourced (after compinit) and as a file `_tiphys` in a folder of $fpath. */
export function zshScript(program: ProgramShape): string {
  const names = program.commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  return `#compdef ${program.name}
_tiphys() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments ${program.flags.flatMap(specs).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${program.commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _tiphys ]]; then _tiphys "$@"; else compdef _tiphys ${program.name}; fi
`;
}

function commandCase(command: CommandShape): string {
  const words = command.words.length > 0 ? [quoted(`1:word:(${command.words.join(' ')})`)] : [];
  const all = [...command.flags.flatMap(specs), ...words].map((spec) => ` \\\n      ${spec}`);
  return `    ${command.name}) _arguments${all.join('')} ;;`;
}

/** One specification of _arguments for each spelling; "*" because repeating a flag does no harm. */
function specs(flag: FlagShape): string[] {
  const description = flag.description.replace(/[[\]\\:]/g, '\\$&');
  return spellings(flag).map((spelling) => {
    const equals = flag.value.kind !== 'none' && spelling === flag.long ? '=' : '';
    return quoted(`*${spelling}${equals}[${description}]${valueSpec(flag.value)}`);
  });
}

function valueSpec(value: ValueShape): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'choice':
      return `:value:(${value.values.join(' ')})`;
    case 'file':
      return ':path:_files';
    case 'folder':
      return ':folder:_files -/';
    case 'text':
      return ':value: ';
    default:
      return value satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
