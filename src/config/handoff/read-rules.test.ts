import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { yamlPositions } from '../../core/yaml-positions.ts';
import { handoffJsonSchema } from './json-schema.ts';
import { readHandoffRules } from './read-rules.ts';

// `npx vitest run src/config/handoff -u` writes it anew.
test('schemas/handoff.schema.json is what the program says', async () => {
  const json = JSON.stringify(handoffJsonSchema(), null, 2);
  await expect(`${json}\n`).toMatchFileSnapshot('../../../schemas/handoff.schema.json');
});

const GOOD = `issuers:
  - url: https://gitlab.example.com
    kind: gitlab
    audience: https://tiphys.example.com
    caFile: /etc/tiphys/ca.pem
  - url: https://token.actions.githubusercontent.com
    kind: github
    audience: https://tiphys.example.com
  - url: https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc
    kind: generic
    audience: ari:cloud:bitbucket::workspace/x
rules:
  - issuer: https://gitlab.example.com
    claims: {project_id: 42, ref_protected: true}
    applications: [argocd/shop-*]
  - issuer: https://gitlab.example.com
    claims: {project_id: "42", environment: production, environment_protected: "true"}
    applications: [argocd/shop-prod]
    selector: team=shop
    pullRequests: denied
    order: body
  - issuer: https://token.actions.githubusercontent.com
    claims: {repository_id: "7", environment: production}
    selector: team=shop
    pullRequests: allowed
  - issuer: https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc
    claims: {repositoryUuid: "{x}", branchName: main}
    applications: [argocd/blog]
    order: claims
`;

function read(text: string) {
  const positionOf = yamlPositions(text);
  return readHandoffRules(text, { file: 'handoff.yaml', positionOf: (path) => positionOf(0, path) });
}

test('rules are read as they are written', () => {
  const result = read(GOOD);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { issuers, rules } = result.rules;
  expect(issuers.map(({ kind, caFile }) => [kind, caFile])).toEqual([
    ['gitlab', '/etc/tiphys/ca.pem'],
    ['github', undefined],
    ['generic', undefined],
  ]);
  expect(
    rules.map(({ claims, names, labels, pullRequests, bodyOrder }) => [
      ...[Object.keys(claims).length, names.length, labels.length, pullRequests, bodyOrder],
    ]),
  ).toEqual([
    [2, 1, 0, false, false],
    [3, 1, 1, false, true],
    [2, 0, 1, true, false],
    [2, 1, 0, false, false],
  ]);
  expect(rules[0]?.claims).toEqual({ project_id: '42', ref_protected: 'true' });
  expect(rules[0]?.names.map((name) => ['argocd/shop-a', 'argocd/blog', 'x/shop-a'].map(name.matches))).toEqual([
    [true, false, false],
  ]);
});

test('the example is right', async () => {
  const result = read(await readFile(join(import.meta.dirname, '../../../examples/ci/handoff.yaml'), 'utf8'));
  expect(result.ok ? result.rules.rules.length : result.problems).toBe(4);
});

test('an issuer with a slash at its end is another one, and none of GitLab or GitHub has it', () => {
  const spelled = (kind: string) => {
    const text = GOOD.replaceAll('https://gitlab.example.com', 'https://gitlab.example.com/');
    const result = read(text.replace('kind: gitlab', `kind: ${kind}`));
    return result.ok || result.problems.map(({ message, fix }) => [message, fix]);
  };
  expect(spelled('generic')).toBe(true);
  const message = 'issuers[0].url: has a slash at its end, which is not in the tokens of this kind';
  expect(spelled('gitlab')).toEqual([[message, 'write https://gitlab.example.com']]);
});

describe('a rule is refused', () => {
  for (const [why, from, to, message, fix] of [
    [
      'without an audience',
      '    audience: https://tiphys.example.com\n    caFile',
      '    caFile',
      'issuers[0].audience: is missing',
      'add audience',
    ],
    [
      'with the issuer for audience',
      'audience: https://tiphys.example.com\n    caFile',
      'audience: https://gitlab.example.com\n    caFile',
      "issuers[0].audience: is the issuer's own name, which tokens for others have too",
      'write the URL that pipelines reach Tiphys by, and let them ask for tokens with it',
    ],
    [
      'without TLS',
      'url: https://gitlab',
      'url: http://gitlab',
      'issuers[0].url: "http://gitlab.example.com" does not match ^https://[^/?#@]+(?:/[^?#]*)?$',
      'https://… as its tokens say it in iss, spelled the same, without a query.',
    ],
    [
      'for an issuer of another kind',
      'kind: gitlab',
      'kind: gitlb',
      'issuers[0].kind: there is no "gitlb" here',
      'write gitlab',
    ],
    [
      'for an unknown issuer',
      '- issuer: https://gitlab.example.com\n    claims: {project_id: 42',
      '- issuer: https://gitlab.example.org\n    claims: {project_id: 42',
      'rules[0].issuer: "https://gitlab.example.org" is none of the issuers',
      'write https://gitlab.example.com',
    ],
    [
      'without the project',
      '{project_id: 42, ref_protected: true}',
      '{project_path: acme/shop, ref_protected: true}',
      'rules[0].claims: do not say which project is meant by its project_id; its name could be given to another one',
      'add project_id: "<number>"',
    ],
    [
      'with a name for the project',
      'project_id: 42,',
      'project_id: acme/shop,',
      'rules[0].claims: do not say which project is meant by its project_id; its name could be given to another one',
      'add project_id: "<number>"',
    ],
    [
      'on every branch',
      'ref_protected: true',
      'ref: main',
      'rules[0].claims: allow every branch, which anybody may push who may push at all',
      'add ref_protected: "true", or environment: <name>, with environment_protected: "true"',
    ],
    [
      'for an environment that anybody may name',
      ', environment_protected: "true"',
      '',
      'rules[1].claims: allow every branch, which anybody may push who may push at all',
      'add ref_protected: "true", or environment: <name>, with environment_protected: "true"',
    ],
    [
      'on every branch of GitHub',
      'repository_id: "7", environment: production',
      'repository_id: "7"',
      'rules[2].claims: allow every branch, which anybody may push who may push at all',
      'add ref_protected: "true", or environment: <name>',
    ],
    [
      'for everybody',
      '{repositoryUuid: "{x}", branchName: main}',
      '{}',
      'rules[3].claims: let every pipeline of the issuer in',
      'name one by its claims',
    ],
    [
      'without Applications',
      '    applications: [argocd/blog]\n',
      '',
      'rules[3]: names no Applications',
      'add applications: [namespace/name], or a selector',
    ],
    [
      'for names without a namespace',
      '[argocd/blog]',
      '[blog]',
      'rules[3].applications[0]: "blog" does not match ^[^/]+/[^/]+$',
      'namespace/name; a glob such as argocd/shop-* names several.',
    ],
    [
      'with a broken glob',
      '[argocd/blog]',
      "['argocd/[blog']",
      'rules[3].applications[0]: "argocd/[blog" is a malformed pattern',
      'correct it',
    ],
    [
      'with a broken selector',
      'selector: team=shop\n    pullRequests: denied',
      'selector: "=x"\n    pullRequests: denied',
      'rules[1].selector: there is no requirement at character 1',
      'correct it',
    ],
    [
      'with a key that nobody knows',
      'order: body',
      'oder: body',
      'rules[1].oder: there is no such field',
      'write order',
    ],
    ['that is no YAML', 'issuers:', 'issuers: [', expect.stringContaining('is not YAML: '), 'correct it'],
    ['in two documents', 'rules:', '---\nrules:', 'is not one document', 'write issuers: and rules: in one document'],
  ] as const) {
    test(why, () => {
      expect(GOOD).toContain(from);
      const result = read(GOOD.replace(from, to));
      expect(result.ok ? [] : result.problems.map((problem) => [problem.message, problem.fix])).toEqual([
        [message, fix],
      ]);
    });
  }

  test('with the place of each problem', () => {
    const result = read(GOOD.replace('order: body', 'order: none').replace('kind: github', 'kind: git'));
    const places = result.ok
      ? []
      : result.problems.map(({ location }) => location?.origin?.positionOf(location.path).line);
    expect(places).toEqual([7, 21]);
  });
});
