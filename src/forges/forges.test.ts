import { expect, test } from 'vitest';
import { forgeFaultSuite } from '../../test/support/forge-faults.ts';
import { forgeSuite } from '../../test/support/forge-suite.ts';
import { forgeDoubles } from '../../test/support/forges/index.ts';
import { forgeTypes } from './index.ts';

test('every kind of forge has a double that the suite runs over', () => {
  expect(forgeDoubles.map(({ kind }) => kind)).toEqual(forgeTypes.map(({ kind }) => kind));
});

for (const double of forgeDoubles) {
  forgeSuite(double);
  forgeFaultSuite(double);
}
