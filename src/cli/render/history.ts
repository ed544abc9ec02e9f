import type { HistoryEntry, HistoryReport } from '../../core/history.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { API_VERSION, problemFields } from './documents.ts';
import { renderTable } from './table.ts';

const HEADINGS = ['WHEN', 'APPLICATION', 'IMAGE', 'FROM', 'TO', 'COMMIT', 'BY'];
const SHORT_COMMIT = 10;

/** One line for each change; where no Application was known its file stands there. */
export function renderHistory(entries: readonly HistoryEntry[], palette: Palette): string {
  if (entries.length === 0) return 'no changes are recorded\n';
  return renderTable(HEADINGS, entries.map(cellsOf), palette);
}

/** The same as scripts read it. Keys and their order are a contract; new ones are added at the end. */
export function historyDocument({ entries, failures, warnings }: HistoryReport): object {
  return {
    apiVersion: API_VERSION,
    kind: 'History',
    items: entries.map(entryFields),
    failures: failures.map(problemFields),
    warnings: warnings.map(problemFields),
  };
}

function cellsOf(entry: HistoryEntry): readonly string[] {
  const { committedAt, application, path, image, from, to, commit, author } = entry;
  const who = application ?? path;
  return [committedAt, who, image, from ?? '-', to, commit.slice(0, SHORT_COMMIT), author].map(printable);
}

function entryFields(entry: HistoryEntry) {
  const { application = null, alias, image, from = null, to, path } = entry;
  const { repoURL, branch, commit, author, committedAt } = entry;
  return { committedAt, application, alias, image, from, to, path, repoURL, branch, commit, author };
}
