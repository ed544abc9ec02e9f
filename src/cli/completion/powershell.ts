import { type CommandShape, type FlagShape, type ProgramShape, spellings } from './shape.ts';

/** For Windows PowerShell 5.1 and PowerShell 7; where nothing is returned, the shell itself completes files. */
export function powershellScript(program: ProgramShape): string {
  const root = { name: '', description: '', flags: program.flags, words: program.commands.map(({ name }) => name) };
  const entries = [root, ...program.commands].map((command) => `    ${commandEntry(command)}`);
  return `# PowerShell completion: ${program.name} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${program.name} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $known = @{
${entries.join('\n')}
  }
  $before = @($commandAst.CommandElements |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    Select-Object -Skip 1 |
    ForEach-Object { $_.ToString() })
  $command = @($before | Where-Object { -not $_.StartsWith('-') })[0]
  if ($null -eq $command) { $command = '' }
  if (-not $known.ContainsKey($command)) { return }
  $entry = $known[$command]
  $last = if ($before.Count -gt 0) { $before[-1] } else { '' }
  $candidates = if ($entry.Values.ContainsKey($last)) { $entry.Values[$last] } else { $entry.Words }
  $candidates | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

function commandEntry({ name, flags, words }: CommandShape): string {
  const values = flags.flatMap(valueEntries);
  return `'${name}' = @{ Words = ${list([...words, ...flags.flatMap(spellings)])}; Values = @{ ${values.join('; ')} } }`;
}

/** An empty list leaves the value to the shell, which completes files, or to the person. */
function valueEntries(flag: FlagShape): string[] {
  const { value } = flag;
  if (value.kind === 'none') return [];
  return spellings(flag).map((spelling) => `'${spelling}' = ${list(value.kind === 'choice' ? value.values : [])}`);
}

function list(words: readonly string[]): string {
  return `@(${words.map((word) => `'${word}'`).join(', ')})`;
}
