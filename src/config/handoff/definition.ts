import { ISSUER_KINDS } from '../../core/handoff/claims.ts';
import { list, map, object, text, type ValueOf } from '../image-updater/schema.ts';

const issuer = object(
  'Somebody whose tokens are believed.',
  {
    url: text('https://… as its tokens say it in iss, spelled the same, without a query.', {
      pattern: '^https://[^/?#@]+(?:/[^?#]*)?$',
    }),
    kind: text('gitlab, github, or generic for any other issuer of OpenID Connect tokens.', { oneOf: ISSUER_KINDS }),
    audience: text('What its tokens must say in aud: a name of your own, which nobody else is given tokens for.', {
      minLength: 1,
    }),
    caFile: text('A file with the certificates that its server is trusted by, instead of the usual ones.', {
      minLength: 1,
    }),
    keysFile: text('A file with its public keys, a JSON Web Key Set, which are fetched from it otherwise.', {
      minLength: 1,
    }),
  },
  { required: ['url', 'kind', 'audience'] },
);

const rule = object(
  'Which pipelines may move which Applications.',
  {
    issuer: text('The url of one of the issuers.'),
    claims: map('What the token must say, all of it.', text('The exact value; quote numbers.', { minLength: 1 })),
    applications: list(
      'Applications that may be moved.',
      text('namespace/name; a glob such as argocd/shop-* names several.', { pattern: '^[^/]+/[^/]+$' }),
      { minItems: 1 },
    ),
    selector: text('Labels that Applications must have, as kubectl takes them: team=shop,stage!=prod.', {
      minLength: 1,
    }),
    pullRequests: text('Whether pipelines of pull requests may do so too; denied unless this says allowed.', {
      oneOf: ['allowed', 'denied'],
    }),
    order: text('claims (the default): the token says which build is newer; body: the pipeline may say so itself.', {
      oneOf: ['claims', 'body'],
    }),
  },
  { required: ['issuer', 'claims'] },
);

/** handoff.yaml, whole. */
export const handoffFile = object(
  'Which pipelines may hand off what.',
  {
    issuers: list('Whose tokens are believed.', issuer, { key: 'url', minItems: 1 }),
    rules: list('What is not named by a rule is refused.', rule, { minItems: 1 }),
  },
  { required: ['issuers', 'rules'] },
);

export type WrittenIssuer = ValueOf<typeof issuer>;
export type WrittenRule = ValueOf<typeof rule>;
