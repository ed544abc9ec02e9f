import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_REGISTRIES, findEndpoint } from '../../core/registry-endpoint.ts';
import { parseRegistriesConf } from './registries-conf.ts';
import { REGISTRY_KEYS } from './registry-fields.ts';

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
      credentials: [{ kind: 'secret', namespace: 'argocd', name: 'acme', field: 'auth' }],
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
      expect(endpoint).toMatchObject({ name: 'Hub', credentials: [{ kind: 'env', variable: 'HUB' }] });
    }
  });

  test('keeps its namespace library unless another is given', () => {
    expect(accepted(hub).config.defaultEndpoint.defaultNamespace).toBe('library');
    expect(accepted(hub.replace('}', ', defaultns: acme}')).config.defaultEndpoint.defaultNamespace).toBe('acme');
  });
});

describe('every key', () => {
  const PEM = '-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n';
  for (const [line, expected, why] of [
    ['credsexpire: 9h', { credentialsLifetimeMs: 9 * 3_600_000 }, 'a duration of Go'],
    ['credsexpire: 1h30m', { credentialsLifetimeMs: 5_400_000 }, 'of several units'],
    ['credsexpire: 0', {}, 'never'],
    ['credsexpire: 0s', {}, 'never'],
    ['limit: 20', { requestsPerSecond: 20 }, 'requests per second'],
    ['limit: 0', {}, 'unlimited'],
    ['limit: -1', {}, 'unlimited'],
    ['tagsortmode: latest-first', { tagOrder: 'latest-first' }, 'sorted'],
    ['tagsortmode: Latest-Last', { tagOrder: 'latest-last' }, 'in any letter case'],
    ['tagsortmode: none', {}, 'not sorted'],
    ['tagsortmode: ""', {}, 'not sorted'],
    ['ca_file: /ca.pem', { trust: { caFile: '/ca.pem' } }, 'a path'],
    ['ca_secret: secret:argocd/ca#ca.crt', {}, 'a Secret'],
    ['proxy: http://proxy:3128', { proxy: 'http://proxy:3128/' }, 'a proxy'],
    ['no_proxy: .acme.io', { noProxy: '.acme.io' }, 'and what goes past it'],
    ['mirrors: https://m.io/', { mirrors: ['https://m.io'] }, 'one mirror'],
    ['mirrors: [https://m.io, https://n.io/v1]', { mirrors: ['https://m.io', 'https://n.io/v1'] }, 'several'],
    ['http2: no', { http2: false }, 'HTTP/1.1 alone'],
    ['concurrency: 4', { concurrency: 4 }, 'requests at a time'],
    ['kind: ECR', { kind: 'ecr' }, 'in any letter case'],
    ['role_arn: arn:aws:iam::123456789012:role/team/pull', { roleArn: 'arn:aws:iam::123456789012:role/team/pull' }, ''],
    ['token_realm: https://auth.acme.io/token', { tokenRealm: 'https://auth.acme.io/token' }, 'a URL'],
    [
      'credentials: [env:A, env:B]',
      { credentials: ['A', 'B'].map((variable) => ({ kind: 'env', variable })) },
      'several, tried in order',
    ],
    [
      'credentials: ext:/scripts/ecr-login.sh',
      { credentials: [{ kind: 'ext', path: '/scripts/ecr-login.sh' }] },
      'a script',
    ],
  ] as const) {
    test(`${line}: ${why}`, () => {
      const { config, warnings } = accepted(entry(line));
      expect(warnings).toEqual([]);
      const plain = { name: 'Acme', prefix: 'r.acme.io', apiUrl: 'https://r.acme.io', insecure: false };
      expect(config.endpoints.at(-1)).toMatchObject({ ...plain, ping: true, defaultNamespace: '', ...expected });
      if (line.startsWith('ca_secret')) return;
      expect(Object.keys(config.endpoints.at(-1) ?? {})).toHaveLength(6 + Object.keys(expected).length);
    });
  }

  test('is explained in docs/registries.md', () => {
    const page = readFileSync(new URL('../../../docs/registries.md', import.meta.url), 'utf8');
    const explained = [...page.matchAll(/^\| `(\w+)` +\| (?:ours| {4}) \|/gm)].map(([, key]) => key);
    expect(explained.toSorted()).toEqual(REGISTRY_KEYS.toSorted());
  });

  test('certificates of the client and authorities by value and by Secret', () => {
    const text = entry(`ca_data: "${PEM}"`, 'ca_secret: secret:argocd/ca#ca.crt', 'cert_file: /c', 'key_file: /k');
    expect(accepted(text).config.endpoints.at(-1)).toMatchObject({
      trust: { caData: PEM.replaceAll('\\n', '\n'), caSecret: { namespace: 'argocd', name: 'ca', field: 'ca.crt' } },
      clientCertificate: { certFile: '/c', keyFile: '/k' },
    });
  });

  test('the example for Amazon ECR of the documentation of upstream', () => {
    const text = `registries:
- name: ECR
  api_url: https://123456789.dkr.ecr.eu-west-1.amazonaws.com
  prefix: 123456789.dkr.ecr.eu-west-1.amazonaws.com
  ping: yes
  insecure: no
  credentials: ext:/scripts/ecr-login.sh
  credsexpire: 9h
`;
    const { config, warnings } = accepted(text);
    expect(warnings).toEqual([]);
    expect(config.endpoints.at(-1)).toMatchObject({
      credentials: [{ kind: 'ext', path: '/scripts/ecr-login.sh' }],
      credentialsLifetimeMs: 32_400_000,
    });
  });
});

describe('what is warned about', () => {
  test('a credsexpire without unit, which means nanoseconds as upstream', () => {
    const { config, warnings } = accepted(entry('credsexpire: 3000000000'));
    expect(config.endpoints.at(-1)?.credentialsLifetimeMs).toBe(3_000);
    expect(warnings).toMatchObject([
      { code: 'SETTING_INVALID', object: 'registries[0].credsexpire', fix: 'write a unit, such as 9h' },
    ]);
  });

  test('a kind of identity beside credentials, which win', () => {
    const { warnings } = accepted(entry('kind: ecr', 'credentials: env:A'));
    expect(warnings).toMatchObject([{ code: 'SETTING_INVALID', object: 'registries[0].kind' }]);
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
    [entry('credentials: {a: b}'), /^CONFIG_INVALID registries\[0\]\.credentials: is not a single value/],
    [entry('credentials: [[a]]'), /^CONFIG_INVALID registries\[0\]\.credentials: is not a list of single values/],
    [entry('credsexpire: soon'), /^CONFIG_INVALID registries\[0\]\.credsexpire: "soon" is not a duration/],
    [entry('limit: many'), 'CONFIG_INVALID registries[0].limit: "many" is not a whole number; write limit: 20'],
    [entry('tagsortmode: unsorted'), /"unsorted" is not latest-first, latest-last or none/],
    [entry('ca_data: none'), /holds no certificate in PEM form/],
    [entry('ca_secret: pullsecret:a/b'), /must read secret:namespace\/name#field/],
    [entry('cert_file: /c'), /^CONFIG_INVALID registries\[0\]\.key_file: is missing beside cert_file/],
    [entry('key_file: /k'), /^CONFIG_INVALID registries\[0\]\.cert_file: is missing beside key_file/],
    [entry('proxy: socks5://p'), /is not the address of a proxy/],
    [entry('mirrors: [http://m.io]'), /^CONFIG_INVALID registries\[0\]\.mirrors: is plain HTTP to another machine/],
    [entry('concurrency: 0'), /^CONFIG_INVALID registries\[0\]\.concurrency/],
    [entry('kind: eks'), /"eks" is not one of ecr, gar, acr, distribution/],
    [entry('role_arn: pull'), /is not the ARN of a role/],
    [entry('token_realm: http://a.io'), /is plain HTTP to another machine/],
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

  test('YAML that is broken all the way', () => {
    expect(problems(`registries: ${'['.repeat(50_000)}`)).toHaveLength(5);
  });

  for (const text of ['bot:s3cret', 's3cret', 'a:b:s3cret', 'secret:s3cret']) {
    test(`a password instead of its place is not repeated: ${text}`, () => {
      const [problem] = problems(entry(`credentials: ${text}`));
      expect(problem).toMatch(/^CONFIG_INVALID registries\[0\]\.credentials/);
      expect(problem).not.toContain('s3cret');
    });
  }

  test('a password in the address of a proxy is not repeated', () => {
    expect(JSON.stringify(problems(entry('proxy: socks5://bot:s3cret@proxy')))).not.toContain('s3cret');
  });

  test('a password in an api_url is not repeated', () => {
    expect(
      JSON.stringify(problems("registries:\n- {name: A, api_url: 'https://bot:s3cret@a.io', prefix: a.io}")),
    ).not.toContain('s3cret');
  });
});
