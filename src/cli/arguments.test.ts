import { describe, expect, test } from 'vitest';
import { isOneSlip, slipsOf } from '../../test/support/slips.ts';
import { SETTINGS } from '../config/settings/settings-catalogue.ts';
import { parseArguments } from './arguments.ts';
import { cliCommands } from './commands/index.ts';

const context = { commands: cliCommands, env: { XDG_STATE_HOME: '/state' }, version: '0.1.0', columns: 100 };
/** What was asked for, as plain data. */
function read(line: string) {
  const { kind, options } = parseArguments(line.split(' ').filter(Boolean), context);
  return { kind, options };
}

/** The settings that a line gives, by the names they were given under. */
function given(line: string, env: Readonly<Record<string, string>> = {}) {
  const { options } = parseArguments(line.split(' ').filter(Boolean), { ...context, env });
  if (!('given' in options) || !Array.isArray(options.given)) return options;
  return Object.fromEntries(options.given.map(({ name, text }) => [name, text]));
}

describe('arguments become a typed request', () => {
  test('what is not given is left to the defaults', () => {
    expect(read('run -f apps/')).toEqual({
      kind: 'run',
      options: { filenames: ['apps/'], given: [], defaultStateDir: '/state/tiphys' },
    });
  });

  for (const [line, expected] of [
    ['plan', { options: { filenames: [], fromCluster: true, given: [] } }],
    ['run -f a -f - --filename=b', { options: { filenames: ['a', '-', 'b'] } }],
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
    ['version --short', { kind: 'version', options: { short: true } }],
    ['-f a plan -o json', { kind: 'plan', options: { filenames: ['a'], output: 'json' } }],
    ['--no-color -o json plan -f a', { kind: 'plan', options: { filenames: ['a'], output: 'json' } }],
  ] as const) {
    test(line, () => {
      expect(read(line)).toMatchObject(expected);
    });
  }

  for (const [line, expected, why] of [
    ['run -f a --interval 1h30m --once', { '--interval': '1h30m', '--once': 'true' }, ''],
    ['run -f a --interval -1m', { '--interval': '-1m' }, 'whether it means something is found out later'],
    ['run -f a --once=false --dry-run=0', { '--once': 'false', '--dry-run': '0' }, "as Go's flags"],
    ['plan -n shop --context prod', { '--namespace': 'shop', '--context': 'prod' }, "as kubectl's"],
    ['explain x -A -l a=b', { '--all-namespaces': '*', '--selector': 'a=b' }, "as kubectl's"],
    ['explain --once shop -f a', { message: "unknown option '--once' (see tiphys explain --help)" }, 'not its flag'],
    ['run --leader-election false -f a', { message: "too many arguments for 'run'" }, 'takes no word of its own'],
    ['run -f a --platforms a/b,c/d --platforms e/f', { '--platforms': 'a/b,c/d,e/f' }, 'lists are joined'],
    ['run -f a --git-commit-user u --git-commit-user v', { '--git-commit-user': 'v' }, 'else the last one counts'],
    ['run -f a --git-commit-user=', { '--git-commit-user': '' }, 'an empty flag is given'],
    ['--metrics-bind-address=:8443 run -f a', { '--metrics-bind-address': ':8443' }, "upstream's manifests"],
    ['--loglevel debug --once run -f a', { '--loglevel': 'debug', '--once': 'true' }, 'with their values'],
  ] as const) {
    test(`${line} gives ${JSON.stringify(expected)}${why && `: ${why}`}`, () => {
      const { message = '', ...rest } = { ...given(line) };
      if ('message' in expected) expect(message).toContain(expected.message);
      else expect(rest).toEqual(expected);
    });
  }

  test('variables are given too, unless they are empty', () => {
    const env = { IMAGE_UPDATER_INTERVAL: '5m', GIT_COMMIT_USER: '', UNKNOWN: 'x' };
    expect(given('run -f a --interval 1m', env)).toEqual({ '--interval': '1m', IMAGE_UPDATER_INTERVAL: '5m' });
  });

  test('a state home that is not absolute is ignored, as XDG asks', () => {
    const env = { XDG_STATE_HOME: 'relative', HOME: '/home/me' };
    const request = parseArguments(['plan', '-f', 'a'], { ...context, env });
    expect(request).toMatchObject({ options: { defaultStateDir: '/home/me/.local/state/tiphys' } });
  });
});

describe('arguments that mean nothing are answered in one line', () => {
  for (const [line, message] of [
    ['', 'a command is missing'],
    ['plna -f a', "unknown command 'plna' (did you mean plan?)"],
    ['frobnicate', "unknown command 'frobnicate' (see tiphys --help)"],
    ['help pln', 'did you mean plan?'],
    ['plan --filname a', "unknown option '--filname' (did you mean --filename?)"],
    ['run -f a --onse', "unknown option '--onse' (did you mean --once?)"],
    ['run -f a --intervall=5m', "unknown option '--intervall=5m' (did you mean --interval?)"],
    ['plan -f a --exit-code=true', "unknown option '--exit-code=true' (--exit-code takes no value)"],
    ['--metrics-bind-adress=:8443 run', '(did you mean --metrics-bind-address?)'],
    ['run -f a -x', "unknown option '-x' (see tiphys run --help)"],
    ['-f a', "unknown option '-f' (name a command)"],
    ['--once', "unknown option '--once' (name a command)"],
    ['migrate annotations', "required option '-f, --filename <path>' not specified (see tiphys migrate --help)"],
    ['plan -n shop -A', "option '-A, --all-namespaces' cannot be used with option '-n, --namespace <name>'"],
    ['lint -f a -n shop', "option '-n, --namespace <name>' cannot be used with option '-f, --filename <path>'"],
    ['plan -f', 'argument missing'],
    ['plan apps/ -f a', "too many arguments for 'plan'"],
    ['explain -f a', "missing required argument 'APP'"],
    ['plan -f a -o jsn', 'It must be text, json, yaml or diff; did you mean json?'],
    ['explain x -f a -o diff', 'It must be text, json or yaml'],
    ['demo --interval 2', '"2" is not a duration'],
    ['demo --interval 0', 'for a single cycle use --once'],
    ['demo --interval -1m', 'for a single cycle use --once'],
    ['demo --interval 600h', 'not be more than 24 days'],
    ['set-image web:1 --repo https://a --order 9007199254740992', 'a whole number from 0 to 9007199254740991'],
    ['handoff web:1', 'It has no digest; append @sha256'],
    ['handoff web:1 --order -1', 'a whole number from 0 to 9007199254740991'],
    ['handoff web:1 --timeout -1s', 'It must be 0 or more'],
    ['handoff web:1 --timeout 600h', 'not be more than 24 days'],
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
});

describe('a flag with one wrong letter is answered with a nearest right one', () => {
  const flags: readonly string[] = SETTINGS.filter(({ commands }) => commands.some((one) => one === 'run')).flatMap(
    ({ flag }) => flag ?? [],
  );
  for (const [index, flag] of flags.entries()) {
    // Every slip of every flag takes a minute; of most, each twentieth will do.
    const every = flag === '--once' || flag === '--interval' ? 1 : 20;
    test(flag, () => {
      const slips = slipsOf(flag, 2).filter((slip, at) => !flags.includes(slip) && (at + index) % every === 0);
      for (const slip of slips) {
        const { kind, options } = read(`run -f a ${slip}=x`);
        expect(kind, slip).toBe('misuse');
        const message = 'message' in options ? String(options.message) : '';
        const [, meant = ''] = /^unknown option '.*' \(did you mean (\S+)\?\)$/.exec(message) ?? [];
        expect(isOneSlip(slip, meant), `${slip}: ${message}`).toBe(true);
      }
    });
  }
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

    test(`the help of ${name} fits a terminal of 80 columns, but for what a person would type`, () => {
      const { options } = parseArguments([name, '--help'], { ...context, columns: 80 });
      if (!('text' in options) || typeof options.text !== 'string') throw new Error('no help');
      const typed = options.text.indexOf('\nExamples:');
      expect(
        options.text
          .slice(0, typed)
          .split('\n')
          .filter(({ length }) => length > 80),
      ).toEqual([]);
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
