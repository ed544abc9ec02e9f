import { expect, test } from 'vitest';
import { openTestForges } from '../../test/support/forge-suite.ts';
import { forgeDoubles } from '../../test/support/forges/index.ts';

const signal = AbortSignal.timeout(60_000);

for (const { kind, start } of forgeDoubles) {
  test(`${kind} is told without being named`, async () => {
    await using stage = await start();
    const { forges } = openTestForges('none');
    await using _ = forges;
    expect(await forges.open(stage.repoURL, 'auto', stage.access, signal)).toMatchObject({ kind });
  });
}
