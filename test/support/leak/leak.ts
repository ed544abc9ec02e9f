import { test } from 'vitest';
import { CANARY } from '../canary.ts';

test('passes, whatever it prints', () => {
  const how = process.env['LEAK'];
  if (how === 'log') console.log(`logged in with ${CANARY}`);
  if (how === 'header') process.stdout.write(`authorization: Basic ${btoa(`bot:${CANARY}`)}\n`);
  if (how === 'error') process.stderr.write(`denied for ${CANARY}\n`);
});
