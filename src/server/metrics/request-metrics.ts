import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { GitObserver, RegistryObserver } from '../../ports/observers.ts';
import type { BoundedLabels } from './bounded-labels.ts';

const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** What registries and Git are asked, and what becomes of it. */
export function requestMetrics(register: Registry, registries: BoundedLabels): RegistryObserver & GitObserver {
  const own = { registers: [register] };
  const requests = new Counter({
    ...own,
    name: 'tiphys_registry_requests_total',
    help: 'Requests to registries by what became of them',
    labelNames: ['registry', 'outcome'],
  });
  const requestSeconds = new Histogram({
    ...own,
    name: 'tiphys_registry_request_seconds',
    help: 'How long registries took to answer',
    labelNames: ['registry'],
    buckets: BUCKETS,
  });
  const remaining = new Gauge({
    ...own,
    name: 'tiphys_registry_ratelimit_remaining',
    help: 'Requests that a registry says are left of its limit',
    labelNames: ['registry'],
  });
  const commands = new Counter({
    ...own,
    name: 'tiphys_git_commands_total',
    help: 'Commands of git by how they ended',
    labelNames: ['command', 'outcome'],
  });
  const commandSeconds = new Histogram({
    ...own,
    name: 'tiphys_git_command_seconds',
    help: 'How long commands of git took',
    labelNames: ['command'],
    buckets: BUCKETS,
  });
  return {
    requestEnded(name, outcome, tookMs) {
      const registry = registries.bounded(name);
      requests.inc({ registry, outcome });
      requestSeconds.observe({ registry }, tookMs / 1_000);
    },
    limitSeen: (name, left) => remaining.set({ registry: registries.bounded(name) }, left),
    commandEnded(command, outcome, tookMs) {
      commands.inc({ command, outcome });
      commandSeconds.observe({ command }, tookMs / 1_000);
    },
  };
}
