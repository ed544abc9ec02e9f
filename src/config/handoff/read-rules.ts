import { parseLabelSelector } from '../../core/applications/label-selector.ts';
import { parseGoGlob } from '../../core/deciding/go-glob.ts';
import type { Problem } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import { projectClaim } from '../../core/handoff/claims.ts';
import type { HandoffIssuer, HandoffRule, HandoffRules } from '../../core/handoff/rules.ts';
import { nearest } from '../../core/nearest.ts';
import type { Origin } from '../../core/origin.ts';
import type { Parsed } from '../../core/parsed.ts';
import { readYamlDocuments } from '../../core/yaml-documents.ts';
import { admit, type FieldProblem, fieldProblem } from '../image-updater/check.ts';
import { problemIn } from '../problem.ts';
import { handoffFile, type WrittenIssuer, type WrittenRule } from './definition.ts';

export type ReadRules =
  | { readonly ok: true; readonly rules: HandoffRules }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads handoff.yaml. Strict: what is not understood lets nobody in.
 * @param origin where the text stands, for problems
 * @returns all problems at once, each with its place ("rules[1].claims.project_id") and remedy
 */
export function readHandoffRules(text: string, origin: Origin): ReadRules {
  const [document, ...more] = readYamlDocuments(text);
  const refused = (problems: readonly FieldProblem[]): ReadRules => ({
    ok: false,
    problems: problems.map((problem) => problemIn(origin.file, origin, { ...problem, scope: 'application' })),
  });
  if (document?.ok === false) {
    const where = `line ${document.line}, column ${document.column}`;
    return refused([plainProblem(`is not YAML: ${document.problem} (${where})`, 'correct it')]);
  }
  if (document === undefined || more.length > 0) {
    return refused([plainProblem('is not one document', 'write issuers: and rules: in one document')]);
  }
  const admitted = admit(handoffFile, document.value, []);
  if (!admitted.ok) return refused(admitted.problems);
  const { issuers, rules } = admitted.value;
  const problems = [
    ...issuers.flatMap((issuer, index) => doubtsOfIssuer(issuer, ['issuers', index])),
    ...rules.flatMap((rule, index) => doubtsOfRule(rule, issuers, ['rules', index])),
  ];
  if (problems.length > 0) return refused(problems);
  return { ok: true, rules: { issuers: issuers.map(readIssuer), rules: rules.map(readRule) } };
}

function plainProblem(message: string, fix: string): FieldProblem {
  return { code: 'CONFIG_INVALID', path: [], message, fix };
}

function readIssuer({ kind, ...issuer }: WrittenIssuer): HandoffIssuer {
  return { ...issuer, kind: kind === 'gitlab' || kind === 'github' ? kind : 'generic' };
}

/** @param rule without doubts */
function readRule({ issuer, claims, applications = [], selector = '', pullRequests, order }: WrittenRule): HandoffRule {
  const labels = parseLabelSelector(selector);
  return {
    issuer,
    claims,
    pullRequests: pullRequests === 'allowed',
    bodyOrder: order === 'body',
    names: applications.map(parseGoGlob).flatMap((glob) => (glob.ok ? [glob.value] : [])),
    labels: labels.ok ? labels.value : [],
  };
}

function doubtsOfIssuer({ url, kind, audience }: WrittenIssuer, path: FieldPath): readonly FieldProblem[] {
  if (kind !== 'generic' && url.endsWith('/')) {
    const fix = `write ${url.replace(/\/+$/, '')}`;
    return [fieldProblem([...path, 'url'], 'has a slash at its end, which is not in the tokens of this kind', fix)];
  }
  if (audience !== url) return [];
  const fix = 'write the URL that pipelines reach Tiphys by, and let them ask for tokens with it';
  return [fieldProblem([...path, 'audience'], "is the issuer's own name, which tokens for others have too", fix)];
}

function doubtsOfRule(
  { issuer, claims, applications, selector }: WrittenRule,
  issuers: readonly WrittenIssuer[],
  path: FieldPath,
): readonly FieldProblem[] {
  const urls = issuers.map(({ url }) => url);
  const known = issuers.find(({ url }) => url === issuer);
  const problems: FieldProblem[] = [];
  const doubt = (field: FieldPath, problem: string, fix: string) => {
    problems.push(fieldProblem([...path, ...field], problem, fix));
  };
  const expect = <T>(field: FieldPath, parsed: Parsed<T>) => {
    if (!parsed.ok) doubt(field, parsed.problem, 'correct it');
  };
  if (known === undefined)
    doubt(['issuer'], `"${issuer}" is none of the issuers`, `write ${nearest(issuer, urls) ?? urls[0]}`);
  if (applications === undefined && selector === undefined) {
    doubt([], 'names no Applications', 'add applications: [namespace/name], or a selector');
  }
  for (const [index, name] of (applications ?? []).entries()) expect(['applications', index], parseGoGlob(name));
  expect(['selector'], parseLabelSelector(selector ?? ''));
  const lack = known && lackOfClaims(readIssuer(known).kind, claims);
  if (lack) doubt(['claims'], lack.problem, lack.fix);
  return problems;
}

/** Names can be given to others and branches can be made by many: a rule says by what it is to be told that neither is so. */
function lackOfClaims(
  kind: HandoffIssuer['kind'],
  claims: WrittenRule['claims'],
): { readonly problem: string; readonly fix: string } | undefined {
  const project = projectClaim(kind);
  if (project === undefined) {
    const isEmpty = Object.keys(claims).length === 0;
    return isEmpty ? { problem: 'let every pipeline of the issuer in', fix: 'name one by its claims' } : undefined;
  }
  if (!/^\d+$/.test(claims[project] ?? '')) {
    const problem = `do not say which project is meant by its ${project}; its name could be given to another one`;
    return { problem, fix: `add ${project}: "<number>"` };
  }
  if (claims['ref_protected'] === 'true') return undefined;
  const isEnvironment = claims['environment'] !== undefined;
  // GitLab lets every job name any environment; GitHub asks the environment's own rules first.
  if (isEnvironment && (kind === 'github' || claims['environment_protected'] === 'true')) return undefined;
  const more = kind === 'github' ? '' : ', with environment_protected: "true"';
  const problem = 'allow every branch, which anybody may push who may push at all';
  return { problem, fix: `add ref_protected: "true", or environment: <name>${more}` };
}
