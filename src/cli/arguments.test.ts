import { describe, expect, test } from 'vitest';
import { parseArguments } from './arguments.ts';
import { cliCommands } from './commands/index.ts';

const context = { env: { XDG_STATE_HOME: '/state' }, version: '0.1.0', columns: 100 };
/** What was asked for, as plain data. */
function read(line: string) {
  const { kind, options } = parseArguments(line.split(' ').filter(Boolean), context);
  return { kind, options };
}

describe('arguments become a typed request', () => {
  test('defaults are filled in', () => {
    expect(read('run -f apps/')).toEqual({
      kind: 'run',
      options: {
        filenames: ['apps/'],
        argocdNamespace: 'argocd',
        registriesConfPath: undefined,
        platforms: [],
        writeBack: undefined,
        stateDir: '/state/tiphys',
        commit: { user: 'argocd-image-updater', email: 'noreply@argoproj.io', grouping: 'branch' },
        intervalMs: 120_000,
        once: false,
        dryRun: false,
      },
    });
  });

  for (const [line, expected] of [
    ['run -f a -f - --filename=b', { options: { filenames: ['a', '-', 'b'] } }],
    ['run -f a --interval 1h30m --once --dry-run', { options: { intervalMs: 5_400_000, once: true, dryRun: true } }],
    [
      'run -f a --platforms linux/amd64,linux/arm/v7 --platforms linux/arm64',
      {
        options: {
          platforms: [
            { os: 'linux', architecture: 'amd64' },
            { os: 'linux', architecture: 'arm', variant: 'v7' },
            { os: 'linux', architecture: 'arm64' },
          ],
        },
      },
    ],
    ['run -f a --write-back git --state-dir s', { options: { writeBack: 'git', stateDir: 's' } }],
    ['run -f a --registries-conf-path r.conf', { options: { registriesConfPath: 'r.conf' } }],
    [
      'plan -f a --git-commit-user u --git-commit-email e --git-commit-grouping application',
      { options: { commit: { user: 'u', email: 'e', grouping: 'application' } } },
    ],
    ['plan -f a', { kind: 'plan', options: { output: 'text', exitCode: false } }],
    ['plan -f a -o diff --exit-code --no-color', { options: { output: 'diff', exitCode: true } }],
    ['plan -f a -o=json', { options: { output: 'json' } }],
    ['plan -f=a -oyaml', { options: { output: 'yaml', filenames: ['a'] } }],
    ['explain shop -f a', { kind: 'explain', options: { application: 'shop', alias: undefined, output: 'text' } }],
    ['explain -f a argocd/shop web -o yaml', { options: { application: 'argocd/shop', alias: 'web', output: 'yaml' } }],
    ['demo', { kind: 'demo', options: { once: false, port: 0 } }],
    ['demo --once --interval 500ms --port 5000', { options: { once: true, intervalMs: 500, port: 5000 } }],
    ['completion fish', { kind: 'completion', options: { shell: 'fish' } }],
    ['version --no-color', { kind: 'version' }],
  ] as const) {
    test(line, () => {
      expect(read(line)).toMatchObject(expected);
    });
  }

  test('a state home that is not absolute is ignored, as XDG asks', () => {
    const env = { XDG_STATE_HOME: 'relative', HOME: '/home/me' };
    const request = parseArguments(['plan', '-f', 'a'], { ...context, env });
    expect(request).toMatchObject({ options: { stateDir: '/home/me/.local/state/tiphys' } });
  });
});

describe('arguments that mean nothing are answered in one line', () => {
  for (const [line, message] of [
    ['', 'a command is missing'],
    ['plna -f a', "unknown command 'plna' (did you mean plan?)"],
    ['frobnicate', "unknown command 'frobnicate' (see tiphys --help)"],
    ['help pln', 'did you mean plan?'],
    ['run -f a --onse', "unknown option '--onse' (did you mean --once?)"],
    ['run -f a --intervall=5m', "unknown option '--intervall=5m' (did you mean --interval?)"],
    ['run -f a --once=true', "unknown option '--once=true' (--once takes no value)"],
    ['run -f a -x', "unknown option '-x' (see tiphys run --help)"],
    ['-f a plan', "unknown option '-f' (write it behind the command)"],
    ['plan', "required option '-f, --filename <path>' not specified (see tiphys plan --help)"],
    ['plan -f', 'argument missing'],
    ['plan apps/ -f a', "too many arguments for 'plan'"],
    ['explain -f a', "missing required argument 'APP'"],
    ['plan -f a -o jsn', 'It must be text, json, yaml or diff; did you mean json?'],
    ['explain x -f a -o diff', 'It must be text, json or yaml'],
    ['plan -f a --write-back argocd', 'It must be git'],
    ['plan -f a --git-commit-grouping aplication', 'did you mean application?'],
    ['plan -f a --platforms linux', '"linux" is not a platform'],
    ['plan -f a --argocd-namespace=', 'It must not be empty'],
    ['run -f a --interval 2', '"2" is not a duration'],
    ['run -f a --interval 0', 'for a single cycle use --once'],
    ['run -f a --interval -1m', 'for a single cycle use --once'],
    ['run -f a --interval 600h', 'not be more than 24 days'],
    ['demo --port 65536', 'a number from 0 to 65535'],
    ['completion bsh', 'did you mean bash?'],
    ['completion', "missing required argument 'SHELL'"],
  ] as const) {
    test(`tiphys ${line}: ${message}`, () => {
      const request = read(line);
      expect(request).toMatchObject({ kind: 'misuse', options: { message: expect.stringContaining(message) } });
      expect(request).toMatchObject({ options: { message: expect.not.stringContaining('\n') } });
    });
  }

  test('a template of commit messages is a failure that names step 2', () => {
    expect(() => read('run -f a --git-commit-message-path t')).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID', message: expect.stringContaining('step 2') }),
    );
  });
});

describe('help', () => {
  for (const { name } of cliCommands) {
    test(`${name} has a description and an example, by --help and by help`, () => {
      const request = read(`${name} --help`);
      const help = (text: RegExp) => ({ kind: 'help', options: { text: expect.stringMatching(text) } });
      expect(request).toMatchObject(help(/^Usage: tiphys /));
      expect(request).toMatchObject(help(/\nExamples:\n {2}# .+\n {2}\$ .*tiphys /));
      expect(read(`help ${name}`)).toEqual(request);
    });
  }

  test('the program lists its commands', () => {
    expect(read('--help')).toEqual(read('help'));
    expect(read('--help')).toMatchObject({
      kind: 'help',
      options: { text: expect.stringContaining('print what run would do') },
    });
  });

  test('--version is answered wherever it stands', () => {
    expect(read('--version plan')).toMatchObject({
      options: { text: expect.stringMatching(/^tiphys 0\.1\.0 \(Node /) },
    });
  });
});
