import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { targetImage, wantedImage } from '../../test/support/target-images.ts';
import { formatVersion } from '../core/image-version.ts';
import type { TargetImage } from '../core/target.ts';
import { argocdSource } from './argocd-source.ts';

const WEB = 'registry.example.com/acme/web';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const { source: BARE } = targetImage(WEB);

const plugin = (keys: TargetImage['keys'], more: Partial<TargetImage> = {}): Partial<TargetImage> => {
  return { tool: 'Plugin', keys, ...more };
};
const SPEC = plugin({ pluginSpec: 'IMAGE' });
const PAIR = plugin({ pluginName: 'NAME', pluginTag: 'TAG' });
const open = (text: string | undefined) => argocdSource.open(text, '.argocd-source-web.yaml');

describe('what a plugin is told', () => {
  for (const [what, text, more, expected] of [
    ['a whole image', `plugin: {env: [{name: IMAGE, value: '${WEB}:v1@${DIGEST}'}]}`, SPEC, `v1@${DIGEST}`],
    ['a tag', 'plugin: {env: [{name: TAG, value: 1.20}]}', PAIR, '1.20'],
    ['no version', 'plugin: {env: [{name: IMAGE, value: old}]}', SPEC, undefined],
    ['no such variable', 'plugin: {env: []}', PAIR, undefined],
    ['no file', undefined, SPEC, undefined],
  ] as const) {
    test(what, () => {
      const version = open(text).read(targetImage(WEB, more));
      expect(version && formatVersion(version)).toBe(expected);
    });
  }
});

describe('what is written', () => {
  for (const [what, before, version, more, after] of [
    [
      'a value in its place, others and comments stay',
      'plugin:\n  env:\n  - name: Z # z\n    value: z\n  - name: IMAGE\n    value: old\n',
      '1.4.1',
      SPEC,
      `plugin:\n  env:\n  - name: Z # z\n    value: z\n  - name: IMAGE\n    value: ${WEB}:1.4.1\n`,
    ],
    [
      'variables that are not there',
      'plugin:\n  env:\n  - name: Z\n    value: z\n',
      '1.20',
      PAIR,
      `plugin:\n  env:\n  - name: Z\n    value: z\n  - name: NAME\n    value: ${WEB}\n  - name: TAG\n    value: "1.20"\n`,
    ],
    [
      "a new list carries the Application's variables",
      undefined,
      'v2',
      plugin({ pluginSpec: 'IMAGE' }, { source: { ...BARE, pluginEnv: [{ name: 'Z', value: 'z' }] } }),
      `plugin:\n  env:\n  - name: Z\n    value: z\n  - name: IMAGE\n    value: ${WEB}:v2\n`,
    ],
    [
      'another spelling of the name stays',
      'plugin:\n  env:\n  - name: IMAGE\n    value: docker.io/library/nginx:1\n',
      '2',
      SPEC,
      'plugin:\n  env:\n  - name: IMAGE\n    value: docker.io/library/nginx:2\n',
    ],
  ] as const) {
    test(what, () => {
      const image = before?.includes('nginx') ? 'nginx' : WEB;
      expect(open(before).edit([wantedImage(image, version, more)])).toEqual({ text: after, problems: new Map() });
    });
  }

  test('what is there already changes nothing', () => {
    const text = `plugin:\n  env:\n  - {name: IMAGE, value: "${WEB}:v1"}\n`;
    expect(open(text).edit([wantedImage(WEB, 'v1', SPEC)]).text).toBe(text);
  });

  test('a variable that is an alias is refused', () => {
    const text = 'a: &a {name: IMAGE, value: x}\nplugin: {env: [*a]}\n';
    const edited = open(text).edit([wantedImage(WEB, 'v1', SPEC)]);
    expect([...edited.problems.values()]).toMatchObject([{ code: 'TARGET_REFUSED' }]);
    expect(edited.text).toBe(text);
  });

  test('beside the images of another tool', () => {
    const edited = open(undefined).edit([
      wantedImage(WEB, 'v1', SPEC),
      wantedImage('redis', '7', { tool: 'Helm', keys: { helmTag: 'redis.tag' } }),
    ]);
    expect(load(edited.text)).toEqual({
      plugin: { env: [{ name: 'IMAGE', value: `${WEB}:v1` }] },
      helm: { parameters: [{ name: 'redis.tag', value: '7', forcestring: true }] },
    });
  });
});
