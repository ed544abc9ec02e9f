import { expect, test } from 'vitest';
import { clusterWatch } from './cluster-watch.ts';

test('requests of before somebody listens are told when he does, and roll-outs from then on', () => {
  const watch = clusterWatch();
  const rollout = { application: 'argocd/shop', sync: undefined, images: [], comparedMs: undefined, healthyMs: 0 };
  watch.requestEnded('ok');
  watch.requestEnded('failed');
  watch.requestEnded('ok');
  watch.rolloutSeen(rollout);
  const told: string[] = [];
  watch.follow({
    requestEnded: (outcome) => told.push(outcome),
    rolloutSeen: ({ application }) => told.push(application),
  });
  watch.requestEnded('failed');
  watch.rolloutSeen(rollout);
  expect(told).toEqual(['ok', 'ok', 'failed', 'failed', 'argocd/shop']);
});
