import { describe, expect, test } from 'vitest';
import { BUILT_IN_REGISTRIES, findEndpoint } from '../core/registry-endpoint.ts';
import { parseRegistriesConf } from './registries-conf.ts';

const HUB = BUILT_IN_REGISTRIES.defaultEndpoint;

function accepted(text: string) {
  const result = parseRegistriesConf(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}

/** "code object: message; fix" of every problem. */
function problems(text: string): string[] {
  const result = parseRegistriesConf(text);
  if (result.ok) return [];
  return result.problems.map(({ code, object, message, fix }) => `${code} ${object}: ${message}; ${fix}`);
}

/** One registry with everything it needs, and these lines. */
function entry(...lines: readonly string[]): string {
  return [
    'registries:',
    '- name: Acme',
    '  api_url: https://r.acme.io',
    '  prefix: r.acme.io',
    ...lines.map((line) => `  ${line}`),
  ].join('\n');
}

describe('what is accepted', () => {
  for (const [text, why] of [
    ['', 'an empty file'],
    ['registries:', 'no list'],
    ['registries: []', 'an empty list'],
    ['# nothing\n---\n', 'only comments'],
  ] as const) {
    test(`${why} leaves the built-in Docker Hub`, () => {
      expect(accepted(text)).toEqual({ ok: true, config: BUILT_IN_REGISTRIES, warnings: [] });
    });
  }

  test('every key that works', () => {
    const { config, warnings } = accepted(
      entry('credentials: secret:argocd/acme#auth', 'insecure: yes', 'ping: no', 'default: on', 'defaultns: acme'),
    );
    const acme = {
      name: 'Acme',
      prefix: 'r.acme.io',
      apiUrl: 'https://r.acme.io',
      credentials: { kind: 'secret', namespace: 'argocd', name: 'acme', field: 'auth' },
      insecure: true,
      ping: false,
      defaultNamespace: 'acme',
    };
    expect(config).toEqual({ endpoints: [HUB, acme], defaultEndpoint: acme });
    expect(warnings).toEqual([]);
  });

  test('null is the same as no key', () => {
    expect(accepted(entry('credentials:', 'insecure: ~', 'defaultns: null')).config).toEqual(accepted(entry()).config);
  });

  test('aliases stand for what they name', () => {
    const text = `registries:\n- &acme {name: Acme, api_url: 'https://r.acme.io', prefix: r.acme.io, default: yes}\n`;
    expect(accepted(text).config.defaultEndpoint.name).toBe('Acme');
  });

  test('JSON, which is YAML', () => {
    const json = '{"registries":[{"name":"Acme","prefix":"r.acme.io","api_url":"https://r.acme.io","insecure":true}]}';
    expect(accepted(json).config.endpoints.at(-1)?.insecure).toBe(true);
  });

  for (const [text, expected] of [
    ['https://r.acme.io/', 'https://r.acme.io'],
    ['https://r.acme.io/docker/v1/', 'https://r.acme.io/docker/v1'],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['http://[::1]:5000', 'http://[::1]:5000'],
  ] as const) {
    test(`api_url ${text} is ${expected}`, () => {
      const { config } = accepted(`registries:\n- {name: A, prefix: a.io, api_url: '${text}'}`);
      expect(config.endpoints.at(-1)?.apiUrl).toBe(expected);
    });
  }

  test('plain HTTP to another machine when insecure says so', () => {
    const { config } = accepted("registries:\n- {name: A, prefix: a.io, api_url: 'http://a.io:5000', insecure: true}");
    expect(config.endpoints.at(-1)?.apiUrl).toBe('http://a.io:5000');
  });
});

describe('Docker Hub', () => {
  const hub =
    'registries:\n- {name: Hub, prefix: docker.io, api_url: "https://registry-1.docker.io", credentials: "env:HUB"}';

  test('configured without default: true, it serves images without registry, with its credentials', () => {
    const { config } = accepted(hub);
    for (const registry of ['', 'docker.io']) {
      const endpoint = findEndpoint(config, { registry, repository: 'nginx' });
      expect(endpoint).toMatchObject({ name: 'Hub', credentials: { kind: 'env', variable: 'HUB' } });
    }
  });

  test('keeps its namespace library unless another is given', () => {
    expect(accepted(hub).config.defaultEndpoint.defaultNamespace).toBe('library');
    expect(accepted(hub.replace('}', ', defaultns: acme}')).config.defaultEndpoint.defaultNamespace).toBe('acme');
  });
});

describe('what is warned about', () => {
  test('keys that are not used yet, each once', () => {
    const text = `${entry('credsexpire: 5h', 'limit: 20')}
- {name: B, api_url: 'https://b.io', prefix: b.io, limit: 10, tagsortmode: latest-first, ca_file: /ca, ca_data: x}`;
    expect(accepted(text).warnings.map(({ code, object }) => `${code} ${object}`)).toEqual([
      'SETTING_UNUSED registries[0].credsexpire',
      'SETTING_UNUSED registries[0].limit, registries[1].limit',
      'SETTING_UNUSED registries[1].tagsortmode',
      'SETTING_UNUSED registries[1].ca_file',
      'SETTING_UNUSED registries[1].ca_data',
    ]);
  });

  test('scripts for credentials', () => {
    expect(accepted(entry('credentials: ext:/scripts/login.sh')).warnings).toMatchObject([
      { code: 'SETTING_UNUSED', object: 'registries[0].credentials' },
    ]);
  });

  test('an entry without prefix: it serves the host of its api_url and nothing else', () => {
    const { config, warnings } = accepted("registries:\n- {name: A, api_url: 'https://a.io', credentials: 'env:A'}");
    expect(warnings).toMatchObject([
      { code: 'SETTING_INVALID', object: 'registries[0].prefix', fix: 'write prefix: a.io' },
    ]);
    expect(findEndpoint(config, { registry: 'a.io', repository: 'x' })?.name).toBe('A');
    expect(findEndpoint(config, { registry: 'quay.io', repository: 'x' })?.credentials).toBeUndefined();
    expect(findEndpoint(config, { registry: '', repository: 'x' })?.name).toBe('Docker Hub');
  });

  test('a prefix that comes again: the last one counts', () => {
    const text = `${entry()}\n- {name: Again, api_url: 'https://again.io', prefix: r.acme.io}`;
    const { config, warnings } = accepted(text);
    expect(warnings).toMatchObject([{ code: 'SETTING_UNUSED', object: 'registries[0]' }]);
    expect(config.endpoints.map(({ name }) => name)).toEqual(['Docker Hub', 'Again']);
  });
});

describe('what is refused', () => {
  for (const [text, expected] of [
    [
      entry('credential: env:A'),
      'CONFIG_UNKNOWN_KEY registries[0].credential: credential is not a key of a registry; write credentials',
    ],
    [entry('constructor: 5'), /^CONFIG_UNKNOWN_KEY registries\[0\]\.constructor/],
    [entry('ratelimit: 5'), /^CONFIG_UNKNOWN_KEY registries\[0\]\.ratelimit: .*; the keys are name, prefix/],
    [
      'registry: []',
      'CONFIG_UNKNOWN_KEY registry: registry is not a key of registries.conf; the only key is registries',
    ],
    [entry('prefix: x.io'), /^CONFIG_INVALID registries\.conf: Map keys must be unique.*; remove one of the two$/],
    ['registries: [', /^CONFIG_INVALID registries\.conf: .*; correct the YAML$/],
    ['- a', 'CONFIG_INVALID registries.conf: is not a map; write "registries:" and a list below it'],
    ['registries: {}', 'CONFIG_INVALID registries: is not a list; begin each registry with "- name:"'],
    ['registries: [a]', 'CONFIG_INVALID registries[0]: is not a map; write name, prefix and api_url'],
    [entry('insecure: maybe'), /^CONFIG_INVALID registries\[0\]\.insecure: "maybe" is neither true nor false/],
    [entry('insecure: "true"'), /without quotes$/],
    [
      entry('credentials: [a]'),
      'CONFIG_INVALID registries[0].credentials: is not a single value; write credentials: and one value',
    ],
    [
      entry('credentials: secrets:a/b#c'),
      /^CONFIG_INVALID registries\[0\]\.credentials: does not begin with a kind of credentials/,
    ],
    [
      "registries:\n- {name: A, api_url: 'a.io', prefix: a.io}",
      /registries\[0\]\.api_url: is not a URL that begins with https/,
    ],
    ["registries:\n- {name: A, api_url: 'http://a.io', prefix: a.io}", /plain HTTP to another machine/],
    ["registries:\n- {name: A, api_url: 'https://a:b@a.io', prefix: a.io}", /has a user or password in it/],
    ["registries:\n- {name: A, api_url: 'https://a.io?x=1', prefix: a.io}", /has a query or fragment/],
    [
      "registries:\n- {name: A, api_url: 'https://a.io', prefix: 'https://a.io'}",
      /registries\[0\]\.prefix: .*such as ghcr\.io/,
    ],
    [
      `${entry('default: yes')}\n- {name: B, api_url: 'https://b.io', prefix: b.io, default: yes}`,
      /^CONFIG_INVALID registries\[1\]\.default/,
    ],
    [
      "registries:\n- {name: A, api_url: 'https://a.io'}\n- {name: B, api_url: 'https://b.io'}",
      /^CONFIG_INVALID registries\[1\]\.prefix/,
    ],
  ] as const) {
    test(`${text.split('\n').at(-1)?.trim()}`, () => {
      const [first, ...others] = problems(text);
      expect(others).toEqual([]);
      if (typeof expected === 'string') expect(first).toBe(expected);
      else expect(first).toMatch(expected);
    });
  }

  test('everything at once', () => {
    expect(
      problems('registries:\n- {nam: A, prefix: a.io}\n- {name: B, api_url: x, insecure: perhaps}').map(
        (text) => text.split(':')[0],
      ),
    ).toEqual([
      'CONFIG_UNKNOWN_KEY registries[0].nam',
      'CONFIG_INVALID registries[0].name',
      'CONFIG_INVALID registries[0].api_url',
      'CONFIG_INVALID registries[1].insecure',
      'CONFIG_INVALID registries[1].api_url',
    ]);
  });

  for (const text of ['bot:s3cret', 's3cret', 'a:b:s3cret', 'secret:s3cret']) {
    test(`a password instead of its place is not repeated: ${text}`, () => {
      const [problem] = problems(entry(`credentials: ${text}`));
      expect(problem).toMatch(/^CONFIG_INVALID registries\[0\]\.credentials/);
      expect(problem).not.toContain('s3cret');
    });
  }

  test('a password in an api_url is not repeated', () => {
    expect(
      JSON.stringify(problems("registries:\n- {name: A, api_url: 'https://bot:s3cret@a.io', prefix: a.io}")),
    ).not.toContain('s3cret');
  });
});
