import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openMetrics } from '../src/server/metrics/open-metrics.ts';
import { report } from './support/sample-report.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
}

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
const { groups } = parse(read('deploy/monitoring/alerts.yaml'));
const rules: readonly Rule[] = groups.flatMap((group: { readonly rules: readonly Rule[] }) => group.rules);
const { panels, templating } = JSON.parse(read('deploy/monitoring/dashboard.json'));
const page = read('docs/operations.md');

/** The series of the program, as Prometheus knows them, with the type of each. */
async function seriesTypes(): Promise<ReadonlyMap<string, string>> {
  const metrics = openMetrics(() => 0);
  metrics.watchQueue(() => ({ depth: 0, oldestMs: 0 }));
  metrics.watchStore(() => 0);
  metrics.cycleEnded(report(), { dryRun: false, tookMs: 1 });
  const types = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Map(
    types.flatMap(([, name = '', type = '']) => {
      const endings = type === 'histogram' ? ['', '_bucket', '_sum', '_count'] : [''];
      return endings.map((ending) => [`${name}${ending}`, ending === '' ? type : 'series'] as const);
    }),
  );
}

describe('every metric that is named exists in the program', () => {
  const ofPanels = panels.flatMap(({ targets = [] }: Panel) => targets.map(({ expr }) => expr));
  const ofVariables = templating.list.map(({ query }: { readonly query: string }) => query);
  const queries: readonly string[] = [...rules.map(({ expr }) => expr), ...ofPanels, ...ofVariables];

  test('in the alert rules and in the dashboard', async () => {
    const known = await seriesTypes();
    const named = new Set(queries.flatMap((query) => query.match(/\b(?:tiphys|argocd|process|nodejs)_\w+/g) ?? []));
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  test('in the documentation, which names all of them', async () => {
    const known = await seriesTypes();
    const told = new Set(page.match(/\b(?:tiphys|argocd_image_updater)_[a-z0-9_]+\b/g));
    expect([...told].filter((name) => !known.has(name))).toEqual([]);
    const own = [...known].filter(([name, type]) => /^(?:tiphys|argocd)_/.test(name) && type !== 'series');
    expect(own.map(([name]) => name).filter((name) => !told.has(name))).toEqual([]);
  });
});

describe('every alert', () => {
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );
  const { tests } = parse(read('deploy/monitoring/alerts.test.yaml'));
  const tested: readonly string[] = tests.flatMap(
    ({ alert_rule_test: cases }: { readonly alert_rule_test: readonly { readonly alertname: string }[] }) =>
      cases.map(({ alertname }) => alertname),
  );

  for (const { alert, annotations } of rules) {
    test(`${alert} is in the documentation, leads to a heading there, and has a test`, () => {
      expect(page).toContain(`| \`${alert}\``);
      const [path, anchor] = (annotations['runbook'] ?? '').split('#');
      expect(path).toBe('docs/operations.md');
      expect(anchors).toContain(anchor);
      expect(tested).toContain(alert);
    });
  }
});
