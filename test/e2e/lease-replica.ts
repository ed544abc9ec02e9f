// One replica: `node lease-replica.ts KUBECONFIG NAME SHARDS DURATION_MS`. It writes a line once it has looked for a
// leader, and one for each moment in which it may write, and leaves in order when its standard input ends.
import { homedir } from 'node:os';
import { runShards, runWhileLeading } from '../../src/controller/leases/run-shards.ts';
import { steadyClock } from '../../src/controller/leases/steady-clock.ts';
import type { HeldWork } from '../../src/controller/leases/term.ts';
import { openClient } from '../../src/kubernetes/client.ts';
import { readKubeconfig } from '../../src/kubernetes/kubeconfig.ts';
import { leaseStore } from '../../src/kubernetes/lease-store.ts';
import type { LeaseStore } from '../../src/ports/cluster.ts';

const EVERY_MS = 10;
const [path = '', identity = '', shards = '1', duration = ''] = process.argv.slice(2);
const durationMs = Number(duration);
const clock = steadyClock();
const config = await readKubeconfig({ path, context: undefined, env: {}, home: homedir() });
if (!config) throw new Error('no kubeconfig');
await using client = await openClient(config, {
  ...{ env: process.env, nowMs: Date.now, random: Math.random, sleep: clock.sleep },
});

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const leases = leaseStore(client);
let hasLooked = false;
const store: LeaseStore = {
  ...leases,
  async get(...asked) {
    const lease = await leases.get(...asked);
    if (!hasLooked) say({ looked: true });
    hasLooked = true;
    return lease;
  },
};

const work: HeldWork = async ({ shard, signal, mayWriteUntilMs }) => {
  while (!signal.aborted) {
    // Read first: however long it stands still in between, at this time it was so.
    const atMs = Date.now();
    if (clock.now() < mayWriteUntilMs()) say({ atMs, shard });
    await clock.sleep(EVERY_MS, signal);
  }
};

const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();
const options = {
  ...{ store, namespace: 'argocd', identity, clock, failed: () => undefined },
  timing: { durationMs, renewDeadlineMs: 0.75 * durationMs, retryMs: 500 },
};
if (shards === '1') await runWhileLeading(options, work, stop.signal);
else await runShards({ ...options, shards: Number(shards) }, work, stop.signal);
