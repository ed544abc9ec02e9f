import type { CredentialOutcome, CredentialPlace, RememberedOutcomes } from '../core/credentials/credential-outcome.ts';
import { numberIn, numberOrNone, textIn } from './rows.ts';
import { rowOf, rowsOf, type Steps } from './steps.ts';

export function* keepOutcome(
  { credential, host }: CredentialPlace,
  outcome: CredentialOutcome,
  nowMs: number,
): Steps<void> {
  if (outcome === 'accepted') {
    yield* rowsOf(
      `INSERT INTO credentials (name, host, success_ms) VALUES ($1, $2, $3)
       ON CONFLICT (name, host) DO UPDATE SET success_ms = excluded.success_ms`,
      ...[credential, host, nowMs],
    );
  } else {
    yield* rowsOf(
      `INSERT INTO credentials (name, host, failure_ms, failure_code) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name, host) DO UPDATE SET failure_ms = excluded.failure_ms, failure_code = excluded.failure_code`,
      ...[credential, host, nowMs, outcome],
    );
  }
}

export function* outcomes(): Steps<readonly RememberedOutcomes[]> {
  const rows = yield* rowsOf('SELECT * FROM credentials ORDER BY name, host');
  return rows.map((row) => {
    const atMs = numberOrNone(row, 'failure_ms');
    return {
      credential: textIn(row, 'name'),
      host: textIn(row, 'host'),
      lastSuccessMs: numberOrNone(row, 'success_ms'),
      lastFailure: atMs === undefined ? undefined : { atMs, code: textIn(row, 'failure_code') },
    };
  });
}

export function* demandsNothingSince(apiUrl: string): Steps<number | undefined> {
  const row = yield* rowOf('SELECT since_ms FROM open_registries WHERE api_url = $1', apiUrl);
  return row && numberIn(row, 'since_ms');
}

export function* keepDemandsNothing(apiUrl: string, nowMs: number | undefined): Steps<void> {
  if (nowMs === undefined) {
    yield* rowsOf('DELETE FROM open_registries WHERE api_url = $1', apiUrl);
  } else {
    yield* rowsOf(
      `INSERT INTO open_registries (api_url, since_ms) VALUES ($1, $2)
       ON CONFLICT (api_url) DO UPDATE SET since_ms = excluded.since_ms`,
      ...[apiUrl, nowMs],
    );
  }
}
