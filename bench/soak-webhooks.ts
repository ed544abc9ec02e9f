// What the test does for ten seconds, for longer; a broken promise throws.
import assert from 'node:assert/strict';
import { freePort } from '../test/e2e/server-program.ts';
import { floodWebhooks } from '../test/support/webhook-flood.ts';
import { mib } from './cluster.ts';
import type { Row } from './table.ts';

const SECONDS = 60;

/** @param share of the full time, up to 1 */
export async function soakWebhooks(share: number): Promise<Row[]> {
  const seconds = Math.ceil(SECONDS * share);
  const flood = await floodWebhooks(seconds, [await freePort(), await freePort()]);
  const { sent, answers, answerMs, looks, mostLooks, registryRequests } = flood;
  const { forged, malformed, used, unused } = sent;
  assert.deepEqual(Object.fromEntries(answers), {
    'forged 400': forged,
    'malformed 400': malformed,
    'used 200': used,
    'unused 200': unused,
  });
  assert.ok(looks <= mostLooks && registryRequests <= mostLooks + 1, `${looks} looks, ${registryRequests} requests`);
  assert.equal(flood.moved, flood.images);
  const what = `100 webhooks a second for ${seconds} s, 5 % forged, 5 % malformed`;
  const slow = answerMs[Math.ceil(answerMs.length * 0.95) - 1] ?? Number.NaN;
  return [
    { what: `${what}: looks (at most ${mostLooks})`, value: String(looks) },
    { what: `${what}: registry requests`, value: String(registryRequests) },
    { what: `${what}: p95 of the answers`, value: `${slow.toFixed(1)} ms` },
    { what: `${what}: memory at the end`, value: mib(flood.residentBytes / 1024) },
  ];
}
