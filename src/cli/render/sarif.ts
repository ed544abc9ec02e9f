import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FAILURE_CODES, type FailureCode } from '../../core/failure.ts';
import type { Finding, FindingPlace } from '../../core/finding.ts';
import failureHelp from './failure-help.json' with { type: 'json' };

/**
 * Findings in the format that code hosts and editors take from analysers. Every code is a rule, whether it was found or
 * not, so that a rule's number means the same in every run.
 * @see SARIF 2.1.0, an OASIS standard
 */
export function sarifLog(findings: readonly Finding[], version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tiphys', semanticVersion: version, rules: FAILURE_CODES.map(rule) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map(result),
      },
    ],
  };
}

function rule(code: FailureCode): object {
  const help = failureHelp[code];
  const [first = code] = help.split(/(?<=\.)\s/, 1);
  return { id: code, shortDescription: { text: first }, help: { text: help } };
}

function result({ severity, code, place, object, field, message, fix }: Finding): object {
  const physical = place && physicalLocation(place);
  const logical = { fullyQualifiedName: field === undefined ? object : `${object} ${field}` };
  return {
    ruleId: code,
    ruleIndex: FAILURE_CODES.indexOf(code),
    level: severity,
    message: { text: `${object}: ${message}\nFix: ${fix}` },
    locations: [{ ...(physical && { physicalLocation: physical }), logicalLocations: [logical] }],
  };
}

/** Undefined for standard input, which nobody can open again. */
function physicalLocation({ file, line, column }: FindingPlace): object | undefined {
  if (file === STANDARD_INPUT) return undefined;
  const uri = isAbsolute(file) ? pathToFileURL(file).href : relativeUri(file);
  return { artifactLocation: { uri }, region: { startLine: line, startColumn: column } };
}

const STANDARD_INPUT = 'standard input';

/** RFC 3986, 4.2: a relative reference's first part must not hold a colon, or it would be a scheme. */
function relativeUri(file: string): string {
  return file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
}
