import type { CredentialAudit, CredentialRow } from '../../core/credentials/credential-audit.ts';
import type { Expiry } from '../../core/credentials/credential-expiry.ts';
import { formatInstant } from '../../core/timestamp.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { API_VERSION, problemFields } from './documents.ts';
import { counted } from './summary.ts';
import { renderTable } from './table.ts';

const HEADINGS = ['FOR', 'CREDENTIAL', 'USED BY', 'AGE', 'ENDS', 'LAST SUCCESS', 'LAST FAILURE', 'REMARKS'] as const;
const DAY_MS = 24 * 60 * 60 * 1000;

/** One line for each credential, columns as wide as their content. */
export function renderCredentials(rows: readonly CredentialRow[], palette: Palette): string {
  if (rows.length === 0) return 'no credentials\n';
  const paint = (row: CredentialRow, text: string) => {
    if (row.isTooOld || row.isExpired || row.problem !== undefined || failedLast(row)) return palette.error(text);
    return row.plainHttp.length > 0 ? palette.warning(text) : text;
  };
  return renderTable(HEADINGS, rows.map(cellsOf), palette, (text, index) => {
    const row = rows[index];
    return row === undefined ? text : paint(row, text);
  });
}

function failedLast({ lastSuccess, lastFailure }: CredentialRow): boolean {
  return lastFailure !== undefined && lastFailure.atMs >= (lastSuccess?.atMs ?? 0);
}

/** The same as scripts read it. Keys and their order are a contract; new ones are added at the end. */
export function credentialsDocument({ rows, failures, warnings }: CredentialAudit): object {
  return {
    apiVersion: API_VERSION,
    kind: 'CredentialAudit',
    items: rows.map(rowFields),
    failures: failures.map(problemFields),
    warnings: warnings.map(problemFields),
  };
}

/** A remark when there are Secrets of which nobody can say whether they are too old; "" else. */
export function renderUnknownAges(rows: readonly CredentialRow[], palette: Palette): string {
  const unknown = new Set(rows.filter(({ ageMs }) => ageMs === undefined).flatMap(({ secret }) => secret ?? []));
  if (unknown.size === 0) return '';
  const label = palette.warning('warning');
  return `${label}: the age of ${counted(unknown.size, 'Secret')} is not known: no metadata.creationTimestamp\n`;
}

function cellsOf(row: CredentialRow): readonly string[] {
  const { purpose, credential, isUsed, ageMs, expiry, lastSuccess, lastFailure } = row;
  const users = isUsed ? usersOf(row) : 'nobody';
  const age = ageMs === undefined ? '-' : `${Math.floor(ageMs / DAY_MS)}d`;
  const end = expiry === undefined ? '-' : formatInstant(expiry.atMs);
  const success = lastSuccess === undefined ? '-' : formatInstant(lastSuccess.atMs);
  const failure = lastFailure === undefined ? '-' : `${formatInstant(lastFailure.atMs)} ${lastFailure.code}`;
  return [purpose, credential, users, age, end, success, failure, remarksOn(row)].map(printable);
}

function usersOf({ applications, registries, repoURLs }: CredentialRow): string {
  const places = [...registries, ...repoURLs].join(', ');
  return applications.length === 0 ? places : `${applications.join(', ')} (${places})`;
}

function remarksOn({ isUsed, isTooOld, isExpired, plainHttp, problem }: CredentialRow): string {
  return [
    ...(isUsed ? [] : ['unused']),
    ...(isTooOld ? ['too old'] : []),
    ...(isExpired ? ['expired'] : []),
    ...plainHttp.map((url) => `plain HTTP to ${url}`),
    ...(problem === undefined ? [] : [problem]),
  ].join('; ');
}

function rowFields(row: CredentialRow) {
  const { ageMs, createdMs, expiry, problem = null, lastSuccess, lastFailure } = row;
  return {
    purpose: row.purpose,
    credential: row.credential,
    secret: row.secret ?? null,
    used: row.isUsed,
    applications: row.applications,
    registries: row.registries,
    repoURLs: row.repoURLs,
    created: createdMs === undefined ? null : formatInstant(createdMs),
    ageSeconds: ageMs === undefined ? null : Math.floor(ageMs / 1000),
    tooOld: row.isTooOld,
    expiry: expiry === undefined ? null : expiryFields(expiry),
    expired: row.isExpired,
    plainHttp: row.plainHttp,
    problem,
    lastSuccess: lastSuccess === undefined ? null : { at: formatInstant(lastSuccess.atMs), host: lastSuccess.host },
    lastFailure: lastFailure === undefined ? null : failureFields(lastFailure),
  };
}

function failureFields({ host, atMs, code }: CredentialRow['lastFailure'] & object) {
  return { at: formatInstant(atMs), host, code };
}

function expiryFields({ kind, atMs }: Expiry) {
  return { kind, at: formatInstant(atMs) };
}
