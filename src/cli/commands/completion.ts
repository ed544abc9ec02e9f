import type { CliCommand } from '../cli-command.ts';
import { completionScript, SHELLS, type Shell } from '../completion/script.ts';
import { shapeOf } from '../completion/shape.ts';
import { EXIT } from '../exit-code.ts';
import { closedArgument } from '../flags.ts';
import type { Perform } from '../request.ts';

interface CompletionOptions {
  readonly shell: Shell;
}

export const completion: CliCommand = {
  name: 'completion',
  description: 'print a script that completes commands and flags',
  examples: [
    { command: 'source <(tiphys completion bash)', what: 'in ~/.bashrc' },
    { command: 'source <(tiphys completion zsh)', what: 'in ~/.zshrc, after compinit' },
    { command: 'tiphys completion fish | source', what: 'in ~/.config/fish/config.fish' },
    { command: 'tiphys completion powershell | Out-String | Invoke-Expression', what: 'in $PROFILE' },
  ],
  define(command, { program, request }) {
    const perform: Perform<CompletionOptions> = async ({ shell }, desk) => {
      desk.printer.print(completionScript(shell, shapeOf(program)));
      return EXIT.ok;
    };
    command
      .addArgument(closedArgument('<SHELL>', 'the shell that shall complete', SHELLS))
      .action((shell: Shell) => request({ shell }, perform));
  },
};
