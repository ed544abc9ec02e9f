import { expect, test } from 'vitest';
import { memoryApplications } from '../../test/support/live-applications.ts';
import { openProposalLab } from '../../test/support/proposal-lab.ts';
import { Failure } from '../core/failure.ts';
import { askingFirst, askingOutlets } from './asking-first.ts';
import type { MayWrite } from './may-write.ts';
import type { Outlets } from './outlets.ts';
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

test('who is no longer in charge tells the cluster nothing', async () => {
  const told: string[] = [];
  const outlets: Outlets = {
    statuses: {
      apply: async () => (told.push('status') ? 'applied' : 'gone'),
      removeFinalizer: async () => (told.push('finalizer') ? 'removed' : 'gone'),
    },
    events: { record: async () => void told.push('Event') },
    applications: memoryApplications({}),
    nowMs: Date.now,
  };
  const key = { namespace: 'argocd', name: 'shop' };
  const event = {
    ...({ kind: 'Application', type: 'Normal' } as const),
    object: key,
    reason: 'ImagesUpdated',
    message: '',
  };
  const tellAll = ({ statuses, events, applications }: Outlets) =>
    Promise.allSettled([
      statuses?.apply(key, {}, SIGNAL),
      statuses?.removeFinalizer(key, 'finalizer', SIGNAL),
      events?.record(event, SIGNAL),
      applications.patch(key, [], SIGNAL),
    ]);
  const refused = await tellAll(askingOutlets(outlets, notAnyMore));
  expect(refused.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  expect(told).toEqual([]);

  let asked = 0;
  await tellAll(askingOutlets(outlets, async () => void asked++));
  expect([asked, told]).toEqual([4, ['status', 'finalizer', 'Event']]);
});
