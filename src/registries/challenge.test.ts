import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

function read(header: string | readonly string[] | undefined) {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

for (const [header, expected] of [
  [undefined, []],
  ['Basic realm="registry"', [['basic', { realm: 'registry' }]]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
      ],
    ],
  ],
  [
    ['Bearer realm="https://a/t"', 'Basic realm="r"'],
    [
      ['bearer', { realm: 'https://a/t' }],
      ['basic', { realm: 'r' }],
    ],
  ],
  [
    'Bearer realm="https://a/t", service=s, BASIC Realm = "a \\"quoted\\" realm"',
    [
      ['bearer', { realm: 'https://a/t', service: 's' }],
      ['basic', { realm: 'a "quoted" realm' }],
    ],
  ],
  [
    'Negotiate, Basic',
    [
      ['negotiate', {}],
      ['basic', {}],
    ],
  ],
  [
    'Negotiate abc==, Basic realm="r"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'r' }],
    ],
  ],
  ['Bearer realm="a", realm="b"', [['bearer', { realm: 'a' }]]],
  ['realm="nobody\'s"', []],
  ['"', []],
] as const) {
  test(`${JSON.stringify(header)}`, () => {
    expect(read(header)).toEqual(expected);
  });
}

test('any text is read to an end', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseChallenges(text))));
});
