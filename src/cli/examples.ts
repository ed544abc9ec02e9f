interface Example {
  readonly command: string;
  readonly what: string;
}

/** What a person would type, by command; shown by --help and in docs/cli.md. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  run: [
    { command: 'tiphys run -f apps/', what: 'look every two minutes, commit and push what changed' },
    { command: 'tiphys run --once -f apps/', what: 'one cycle, for a CI job or a cron job' },
    { command: 'tiphys run --dry-run --interval 30s -f apps/', what: 'watch what would be done' },
  ],
  plan: [
    { command: 'tiphys plan -f apps/', what: 'what a run would change, with diffs' },
    { command: 'kubectl get applications -A -o yaml | tiphys plan -f -', what: 'the Applications of a cluster' },
    { command: 'tiphys plan -f apps/ -o diff | git apply', what: 'apply it to a work tree by hand' },
    { command: 'tiphys plan -f apps/ --exit-code -o json', what: 'for scripts: exit 1 when there are changes' },
  ],
  explain: [
    { command: 'tiphys explain shop -f apps/', what: 'every image of the Application shop' },
    { command: 'tiphys explain argocd/shop web -f apps/ -o json', what: 'one image, every candidate' },
  ],
  demo: [
    { command: 'tiphys demo', what: 'until Ctrl-C' },
    { command: 'tiphys demo --once', what: 'one round, then exit' },
  ],
  version: [{ command: 'tiphys version', what: 'also tiphys --version' }],
  completion: [
    { command: 'source <(tiphys completion bash)', what: 'in ~/.bashrc' },
    { command: 'source <(tiphys completion zsh)', what: 'in ~/.zshrc, after compinit' },
    { command: 'tiphys completion fish | source', what: 'in ~/.config/fish/config.fish' },
    { command: 'tiphys completion powershell | Out-String | Invoke-Expression', what: 'in $PROFILE' },
  ],
  help: [{ command: 'tiphys help plan', what: 'the same as tiphys plan --help' }],
};
