import { parseDocument } from 'yaml';
import { decide } from '../src/core/deciding/decide.ts';
import { parseImageIdentifier, parseTag } from '../src/core/reference.ts';
import type { WantedImage } from '../src/core/target.ts';
import { kustomization } from '../src/writeback/kustomization.ts';
import { policyOf } from '../test/policy.ts';
import type { Row } from './table.ts';

const ROUNDS = 15;
const TAGS = 2_000;
const IMAGES = 500;

/** 2,000 tags under semver, against reading the registry's answer that holds them. */
export function measureTags(): Row[] {
  const tags = Array.from({ length: TAGS }, (_, n) => `v${n % 7}.${n % 31}.${n}${n % 5 === 0 ? `-rc.${n}` : ''}`);
  const answer = JSON.stringify({ name: 'acme/app', tags });
  const policy = policyOf({ strategy: 'semver', constraint: '>=1.2, <6', ignoreTags: ['*-alpha*'] });
  const floor = measure(() => JSON.parse(answer));
  const decision = measure(() =>
    decide({ policy, current: { tag: tagOf('v1.2.3') }, scan: { tags, facts: new Map() } }),
  );
  return [
    { what: `${TAGS} tags: reading the registry's JSON (floor)`, value: text(floor) },
    { what: `${TAGS} tags under semver: decided, with a verdict each`, ...against(decision, floor) },
  ];
}

/** A kustomization with 500 images, all of which move, against parsing that file once. */
export function measureEdits(): Row[] {
  const entries = Array.from(
    { length: IMAGES },
    (_, n) => `  - name: registry.example.com/acme/app-${n}\n    newTag: 1.0.0\n`,
  );
  const file = `resources:\n  - ../base\nimages:\n${entries.join('')}`;
  const wanted = Array.from({ length: IMAGES }, (_, n): WantedImage => {
    const source = { repoURL: '', targetRevision: '', plugin: false, directory: false } as const;
    const image = parseImageIdentifier(`registry.example.com/acme/app-${n}`);
    return { image, keys: {}, tool: 'Kustomize', source, version: { tag: tagOf('1.1.0') } };
  });
  const floor = measure(() => parseDocument(file));
  const edit = measure(() => {
    const { text: after, problems } = kustomization.open(file, 'kustomization.yaml').edit(wanted);
    if (problems.size > 0 || after.split('1.1.0').length !== IMAGES + 1) throw new Error('the edit failed');
  });
  return [
    { what: `a kustomization with ${IMAGES} images: parsed once (floor)`, value: text(floor) },
    { what: 'the same: all images moved and checked', ...against(edit, floor) },
  ];
}

interface Measured {
  readonly ms: number;
  readonly heapMiB: number;
}

/** Median time of a warm run, and what one run leaves on the heap before anything is collected. */
function measure(work: () => unknown): Measured {
  const times: number[] = [];
  const heaps: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const heap = process.memoryUsage().heapUsed;
    const began = performance.now();
    work();
    times.push(performance.now() - began);
    heaps.push(process.memoryUsage().heapUsed - heap);
  }
  const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  return { ms: middle(times), heapMiB: Math.max(0, middle(heaps)) / 2 ** 20 };
}

function text({ ms, heapMiB }: Measured): string {
  return `${ms.toFixed(1)} ms, ${heapMiB.toFixed(1)} MiB`;
}

function against(measured: Measured, floor: Measured): { value: string; ratio: string } {
  return { value: text(measured), ratio: `${(measured.ms / floor.ms).toFixed(1)} x floor` };
}

function tagOf(written: string) {
  const tag = parseTag(written);
  if (!tag.ok) throw new Error(tag.problem);
  return tag.value;
}
