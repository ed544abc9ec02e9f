import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { fileSource } from './files.ts';
import { followFiles } from './followed-files.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tiphys-followed-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const application = (name: string, path: string) => `---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ${name}}
spec: {source: {repoURL: https://git.example.com/gitops.git, path: ${path}}}
`;
const updater = (pattern: string) => `---
apiVersion: argocd-image-updater.argoproj.io/v1alpha1
kind: ImageUpdater
metadata: {name: all}
spec: {applicationRefs: [{namePattern: "${pattern}", images: [{alias: web, imageName: acme/web}]}]}
`;

test('what changes in files is told, and nothing else, until nobody listens', async () => {
  const write = (...texts: readonly string[]) => writeFile(join(cwd, 'all.yaml'), texts.join(''));
  await write(application('stays', 'a'), application('moves', 'a'), application('goes', 'a'), updater('*'));
  const files = fileSource({ paths: ['.'], cwd, stdin: Readable.from([]), argocdNamespace: () => 'argocd' });
  const rounds: number[] = [];
  const followed = followFiles(files, {
    everyMs: 7,
    async sleep(ms, signal) {
      rounds.push(ms);
      await sleep(1, undefined, { signal });
    },
  });
  const told: string[] = [];
  const listening = followed.listen(({ kind, namespace, name, change }) => {
    told.push(`${kind} ${namespace}/${name} ${change}`);
  });
  await eventually(() => expect(rounds.length).toBeGreaterThan(2));
  expect([told, new Set(rounds)]).toEqual([[], new Set([7])]);
  await write(application('stays', 'a'), application('moves', 'b'), application('comes', 'a'), updater('web-*'));
  await eventually(() =>
    expect(told.toSorted()).toEqual([
      'Application argocd/comes added',
      'Application argocd/goes deleted',
      'Application argocd/moves modified',
      'ImageUpdater argocd/all modified',
    ]),
  );
  listening[Symbol.dispose]();
  const { length } = rounds;
  await sleep(20);
  expect(rounds.length).toBeLessThanOrEqual(length + 1);
});
