import { isUntyped, listAt, textAt, type Untyped } from '../core/untyped.ts';

/**
 * What an answer says of an error, "" for nothing; as the forge wrote it, so it may be long and hold anything.
 * GitHub, Gitea, Azure: message; GitLab: message or error, of any shape; GitHub, Bitbucket: errors[].message too.
 */
export function reasonIn(body: unknown): string {
  if (typeof body === 'string') return body;
  if (Array.isArray(body)) return body.map(reasonIn).filter(Boolean).join('; ');
  if (!isUntyped(body)) return '';
  const own = textAt(body, 'message') ?? textAt(body, 'error_description') ?? textAt(body, 'error') ?? fieldError(body);
  const inner = own === undefined ? [body['message'], body['error']] : [];
  // Bitbucket Cloud: what is wrong with which field, and which scopes a token lacks.
  const details = [body['fields'], body['detail']].map(reasonOfFields);
  const said = [own ?? '', ...inner.map(reasonOfFields), ...details, ...listAt(body, 'errors').map(reasonIn)];
  return said.filter(Boolean).join('; ');
}

/** GitHub's {"field": "head", "code": "invalid"}. */
function fieldError(body: Untyped): string | undefined {
  const field = textAt(body, 'field');
  return field === undefined ? undefined : `${field} ${textAt(body, 'code') ?? ''}`;
}

/** GitLab's {"source_branch": ["is missing"]}. */
function reasonOfFields(value: unknown): string {
  if (!isUntyped(value) || 'message' in value) return reasonIn(value);
  return Object.entries(value)
    .map(([field, problem]) => `${field} ${reasonIn(problem)}`)
    .join('; ');
}
