import { expect, test } from 'vitest';
import type { Work } from '../cli/work.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { Failure } from '../core/failure.ts';
import { patienceOf } from './patience.ts';

const away = (why: string) => new Failure('CLUSTER_UNREACHABLE', why, { fix: 'see whether it is up' });

/** What the patience of `tiphys run` is with failures one after another, and what is said meanwhile. */
function meet(text: 'true' | 'false', ...failures: readonly Failure[]) {
  const { once: setting } = CATALOGUE;
  const told: string[] = [];
  const happened: Parameters<Work['run']>[1] = (event, log) => {
    if (event.kind === 'problem') told.push(`${log?.level} ${event.level} ${event.problem.message}`);
  };
  const patience = patienceOf(
    { given: [{ setting, source: 'flag', name: '--once', object: '--once', text }] },
    happened,
  );
  return { goesOn: failures.map((failure) => patience(failure)), told };
}

test('whoever goes on waits for as long as it takes, and says each reason once', () => {
  const [refused, slow] = [away('refused'), away('too slow')];
  expect(meet('false', refused, refused, slow, refused, slow)).toEqual({
    goesOn: [true, true, true, true, true],
    told: ['info warn refused', 'info warn too slow'],
  });
});

test('who looks once waits for nothing; the failure says it all', () => {
  expect(meet('true', away('refused'))).toEqual({ goesOn: [false], told: [] });
});
