// One replica: `node lease-replica.ts KUBECONFIG NAME SHARDS`. It writes a line for each moment in which it may write, and
// leaves in order when its standard input ends.
import { homedir } from 'node:os';
import { runShards, runWhileLeading } from '../../src/controller/leases/run-shards.ts';
import { steadyClock } from '../../src/controller/leases/steady-clock.ts';
import type { HeldWork } from '../../src/controller/leases/term.ts';
import { openClient } from '../../src/kubernetes/client.ts';
import { readKubeconfig } from '../../src/kubernetes/kubeconfig.ts';
import { leaseStore } from '../../src/kubernetes/lease-store.ts';

const EVERY_MS = 10;
const [path = '', identity = '', shards = '1'] = process.argv.slice(2);
const clock = steadyClock();
const config = await readKubeconfig({ path, context: undefined, env: {}, home: homedir() });
if (!config) throw new Error('no kubeconfig');
await using client = await openClient(config, {
  ...{ env: process.env, nowMs: Date.now, random: Math.random, sleep: clock.sleep },
});

const work: HeldWork = async ({ shard, signal, mayWriteUntilMs }) => {
  while (!signal.aborted) {
    if (clock.now() < mayWriteUntilMs()) process.stdout.write(`${JSON.stringify({ atMs: Date.now(), shard })}\n`);
    await clock.sleep(EVERY_MS, signal);
  }
};

const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();
const options = {
  ...{ store: leaseStore(client), namespace: 'argocd', identity, clock, failed: () => undefined },
  timing: { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 },
};
if (shards === '1') await runWhileLeading(options, work, stop.signal);
else await runShards({ ...options, shards: Number(shards) }, work, stop.signal);
