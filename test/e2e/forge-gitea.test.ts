import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { draftOf, forgeSuite, HEAD, openTestForges } from '../support/forge-suite.ts';
import { giteaDouble } from '../support/forges/gitea-double.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { type GiteaPeople, giteaStage, invitePeople } from './gitea-stage.ts';
import { findTool, missing } from './tools.ts';

const program = findTool('gitea');
if (program === undefined) {
  test.skip(`forges against a real Gitea (${missing('gitea')})`, () => {});
} else {
  describe('a real Gitea', () => {
    let gitea: Gitea | undefined;
    let people: GiteaPeople | undefined;
    beforeAll(async () => {
      gitea = await startGitea(program);
      people = await invitePeople(gitea);
    });
    afterAll(() => gitea?.[Symbol.asyncDispose]());

    const start = async (permission: 'admin' | 'write') => {
      if (people === undefined) throw new Error('Gitea has not started');
      return giteaStage(people, permission);
    };
    // Whoever may write to a repository may make labels there.
    const features = { ...giteaDouble.features, labelRights: false };
    forgeSuite({ kind: 'gitea', pauses: 'real', features, start: () => start('admin') });

    test('is enough to write, with the rights that docs/git.md lists; only rules are not told then', async () => {
      await using stage = await start('write');
      const { forges } = openTestForges('real');
      await using _ = forges;
      const signal = AbortSignal.timeout(600_000);
      const forge = await forges.open(stage.repoURL, 'auto', stage.access, signal);
      const commit = await stage.push(HEAD);
      const draft = draftOf({ labels: ['ci', 'new'], reviewers: ['ann'], assignees: ['bob'] });
      const { request, remarks } = await forge.pullRequests.save(draft, undefined, signal);
      expect(remarks).toEqual([]);
      await stage.check(commit, 'passed');
      await stage.protect('release/1.0', { needsSignature: true });
      const rules = { canWrite: true, isProtected: true, needsSignature: undefined };
      expect(await forge.branches.rules('release/1.0', signal)).toEqual(rules);
      expect(await forge.merging.merge(request, commit, 'when-green', signal)).toEqual({ kind: 'merged' });
    });

    test('closes what is open for a branch that Tiphys has removed, and that is no person’s answer', async () => {
      if (gitea === undefined || people === undefined) throw new Error('Gitea has not started');
      await using stage = await start('write');
      const { forges } = openTestForges('real');
      await using _ = forges;
      const signal = AbortSignal.timeout(600_000);
      const forge = await forges.open(stage.repoURL, 'auto', stage.access, signal);
      await stage.push(HEAD);
      await forge.pullRequests.save(draftOf(), undefined, signal);
      const repo = new URL(stage.repoURL).pathname.replace(/\.git$/, '');
      const path = `/repos${repo}/branches/${encodeURIComponent(HEAD)}`;
      await gitea.api('DELETE', path, undefined, people.tokens['tiphys-bot']);
      const found = () => forge.pullRequests.find(HEAD, 'main', signal);
      await eventually(async () => expect(await found()).toMatchObject([{ state: 'closed', body: '' }]));
    });
  });
}
