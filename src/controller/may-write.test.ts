import { expect, test } from 'vitest';
import { memoryApplications } from '../../test/support/live-applications.ts';
import { openProposalLab } from '../../test/support/proposal-lab.ts';
import { Failure } from '../core/failure.ts';
import { askingFirst, type MayWrite } from './may-write.ts';
import { patchMemory } from './patch-memory.ts';

const notAnyMore: MayWrite = async () => {
  throw new Failure('ABORTED', 'another replica leads by now', { fix: 'nothing' });
};
const SIGNAL = new AbortController().signal;

test('who is no longer in charge makes no branch and no request, and leaves those that there are', async () => {
  await using lab = await openProposalLab(['shop']);
  lab.settings.set('shop', { 'pull-request.auto-merge': 'when-green' });
  lab.tags.set('acme/shop', ['1.0.0', '1.1.0']);
  const refused = await lab.cycle({ mayWrite: notAnyMore });
  expect(refused.failures).toMatchObject([{ code: 'ABORTED' }]);
  expect([await lab.branches(), lab.forge.requests]).toEqual([['main'], []]);

  const asked: string[] = [];
  await lab.cycle({ mayWrite: async () => void asked.push('asked') });
  // The push of the branch, the request, and its merge.
  expect(asked).toHaveLength(3);
  lab.tags.set('acme/shop', ['1.0.0', '1.1.0', '1.2.0']);
  const [before] = lab.forge.requests;
  await lab.cycle({ mayWrite: notAnyMore });
  expect(lab.forge.requests).toEqual([before]);
});

test('who is no longer in charge patches no Application, and reads them as before', async () => {
  await using lab = await openProposalLab([]);
  const object = { metadata: { namespace: 'argocd', name: 'shop' } };
  const applications = memoryApplications({ 'argocd/shop': object });
  const live = { applications, memory: patchMemory(), refreshes: false };
  const asking = askingFirst({ ...lab.writers, live }, notAnyMore).live?.applications;
  const key = { namespace: 'argocd', name: 'shop' };
  await expect(asking?.patch(key, [{ op: 'add', path: '/spec', value: 1 }], SIGNAL)).rejects.toThrow('another replica');
  expect([await asking?.application(key, SIGNAL), applications.patched]).toEqual([object, []]);
});
