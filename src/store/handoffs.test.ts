import { expect, test } from 'vitest';
import { known } from '../../test/policy.ts';
import { parsePostgresAddress } from '../core/postgres-address.ts';
import { openPostgresStore } from './open-postgres-store.ts';

test('a database that is away takes no hand-offs, and forgets no token', async () => {
  const address = known(parsePostgresAddress('postgres://tiphys@127.0.0.1:1/tiphys?sslmode=disable'));
  await using store = await openPostgresStore({ address, warn: () => undefined, now: Date.now });
  const refusal = { code: 'STATE_UNUSABLE', message: 'hand-offs cannot be remembered now' };
  await expect(store.handoffs.begin(1_000)).rejects.toMatchObject(refusal);
  await expect(store.handoffs.pending()).rejects.toMatchObject(refusal);
});
