import { type CommandShape, type FlagShape, type ProgramShape, spellings, type ValueShape } from './shape.ts';

/** For bash 3.2 (macOS) and later; needs no bash-completion package. */
export function bashScript(program: ProgramShape): string {
  const commands = program.commands.map((command) => `    ${command.name}) words='${wordsOf(command).join(' ')}' ;;`);
  const values = program.commands.flatMap((command) => command.flags.flatMap((flag) => valueCase(command, flag)));
  const first = [...program.commands.map(({ name }) => name), ...program.flags.flatMap(spellings)];
  return `# bash completion for ${program.name}: source <(${program.name} completion bash)
_tiphys() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' word i
  # "--flag=value" arrives as three words.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then command=\${COMP_WORDS[i]}; break; fi
  done
  COMPREPLY=()
  case "$command $prev" in
${values.join('\n')}
  esac
  case "$command" in
    '') words='${first.join(' ')}' ;;
${commands.join('\n')}
  esac
  _tiphys_reply -W "$words"
}
_tiphys_reply() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$@" -- "$cur")
}
complete -F _tiphys ${program.name}
`;
}

function wordsOf({ words, flags }: CommandShape): string[] {
  return [...words, ...flags.flatMap(spellings)];
}

function valueCase(command: CommandShape, flag: FlagShape): string[] {
  if (flag.value.kind === 'none') return [];
  const patterns = spellings(flag).map((spelling) => `'${command.name} ${spelling}'`);
  return [`    ${patterns.join('|')}) ${reply(flag.value)}return ;;`];
}

function reply(value: ValueShape): string {
  if (value.kind === 'choice') return `_tiphys_reply -W '${value.values.join(' ')}'; `;
  if (value.kind === 'file') return 'compopt -o filenames 2>/dev/null; _tiphys_reply -f; ';
  if (value.kind === 'folder') return 'compopt -o filenames 2>/dev/null; _tiphys_reply -d; ';
  return '';
}
