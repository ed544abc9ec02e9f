import { blotOut } from '../core/blot-out.ts';
import { Failure, type FailureCode, type Retry } from '../core/failure.ts';
import { INSTALL_GIT } from './git-version.ts';

/** What a failed command was about, for messages: no field may hold a secret, except `secrets`. */
export interface ErrorContext {
  /** The repoURL without user, password and query. */
  readonly url: string;
  readonly branch?: string;
  /** Where the credential came from, "the Secret argocd/shop"; undefined for the user's own. */
  readonly credentialSource?: string;
  /** A Secret that matched but holds nothing that opens this address. */
  readonly passedOver?: string;
  /** Texts that are blotted out wherever git or a server repeats them. */
  readonly secrets: readonly string[];
}

/** A pattern that finds any of these, in upper or lower case. */
export function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}

interface Rule {
  readonly pattern: RegExp;
  readonly code: FailureCode;
  readonly says: (context: ErrorContext) => string;
  readonly fix: (context: ErrorContext) => string;
  readonly retry?: Retry;
}

const BACKOFF: Retry = { kind: 'backoff' };
const checkAddress = ({ url }: ErrorContext) => `check the address ${url}, the network and the proxy settings`;

// The first that matches wins; git speaks English under LC_ALL=C, servers say what they like.
const RULES: readonly Rule[] = [
  {
    pattern: /unknown (?:option|switch)|is not a git command|unsupported command/i,
    code: 'GIT_MISSING',
    says: () => 'the installed git is too old',
    fix: () => INSTALL_GIT,
  },
  {
    pattern: /dubious ownership/i,
    code: 'GIT_UNAUTHORIZED',
    says: ({ url }) => `git does not trust the owner of ${url}`,
    fix: () => 'let the folder belong to the user that runs Tiphys',
  },
  {
    pattern: /transport '[^']*' not allowed|protocol '[^']*' is not (?:supported|allowed)/i,
    code: 'GIT_REF_INVALID',
    says: ({ url }) => `git may not speak the protocol of ${url}`,
    fix: () => 'use https:// or ssh://',
  },
  {
    pattern: /couldn't find remote ref|remote branch .* not found/i,
    code: 'GIT_BRANCH_NOT_FOUND',
    says: ({ url, branch }) => `${url} has no branch ${branch ?? ''}`.trim(),
    fix: () =>
      'create the branch, or correct its name (targetRevision, git-branch, --branch); a tag or commit cannot be written',
  },
  {
    pattern: /host key verification failed/i,
    code: 'GIT_UNAUTHORIZED',
    says: ({ url }) => `the host key of ${url} is not known`,
    fix: () =>
      "add the server's host key (ssh-keyscan), after checking it, to ssh_known_hosts in the ConfigMap " +
      'argocd-ssh-known-hosts-cm, or to your own known_hosts',
  },
  {
    pattern: /CONNECT tunnel failed, response 407|HTTP code 407 from proxy|returned error: 407\b|SOCKS5 login failed/i,
    code: 'GIT_UNAUTHORIZED',
    says: ({ url }) => `the proxy on the way to ${url} did not accept its user and password`,
    fix: () => 'correct proxy in the repository Secret, or HTTPS_PROXY',
  },
  {
    pattern: /load key "[^"]*": /i,
    code: 'CREDENTIALS_INVALID',
    says: ({ url, credentialSource }) => `ssh cannot use the key that ${credentialSource ?? 'you have'} for ${url}`,
    fix: () => 'write the whole private key as ssh-keygen wrote it',
  },
  {
    pattern: anyOf(
      /unable to update url base from redirection/,
      /returned error: 30[12378]\b/,
      /protocol "?http"? (?:is )?(?:not supported|disabled)/,
    ),
    code: 'GIT_REPOSITORY_NOT_FOUND',
    says: ({ url }) => `${url} leads elsewhere, where git may not follow`,
    fix: () => 'write into repoURL where the repository is now',
  },
  {
    pattern: anyOf(
      /SSL certificate|certificate verif|unable to get local issuer|alert certificate required/,
      /SSL_ERROR|SSL connect error|gnutls|TLS /,
    ),
    code: 'GIT_UNREACHABLE',
    says: ({ url }) => `the TLS connection to ${url} could not be made`,
    fix: () =>
      "put the server's certificate authority into the ConfigMap argocd-tls-certs-cm, under the name of the host, or " +
      'let GIT_SSL_CAINFO name a file with it',
    retry: BACKOFF,
  },
  {
    pattern: anyOf(
      /could not read (?:username|password)/,
      /terminal prompts disabled/,
      /authentication failed/,
      /invalid credentials/,
      /returned error: 40[13]\b/,
      /access denied/,
      /permission denied(?: \(|,)/,
      /permission to .* denied/,
      /not authorized/,
      /unauthorized/,
      /HTTP Basic/,
    ),
    code: 'GIT_UNAUTHORIZED',
    says: ({ url, credentialSource, passedOver }) => {
      if (credentialSource !== undefined) return `${url} did not accept what ${credentialSource} holds`;
      const note = passedOver === undefined ? '' : ` (${passedOver} holds nothing for this address)`;
      return `${url} asks for credentials, or there is no such repository${note}`;
    },
    fix: ({ credentialSource }) =>
      credentialSource === undefined
        ? 'give a repository Secret with -f, set TIPHYS_GIT_HOST, TIPHYS_GIT_USERNAME and TIPHYS_GIT_PASSWORD, ' +
          'or set up a credential helper or ssh key'
        : `correct ${credentialSource}, and check that it may read and write the repository`,
  },
  {
    pattern: anyOf(
      /does not appear to be a git repository/,
      /returned error: 404\b/,
      /repository .*not found/,
      /repository not found/,
      /not found: did you run/,
      /project you were looking for/,
      /no such repository/,
      /does not exist/,
    ),
    code: 'GIT_REPOSITORY_NOT_FOUND',
    says: ({ url }) => `there is no Git repository at ${url}, or it is hidden from these credentials`,
    fix: () => 'correct the address (repoURL, git-repository, --repo), or give credentials that may read it',
  },
  {
    pattern: /timed out|too slow/i,
    code: 'GIT_TIMEOUT',
    says: ({ url }) => `${url} did not answer in time`,
    fix: checkAddress,
    retry: BACKOFF,
  },
  {
    pattern: anyOf(
      /could not resolve/,
      /failed to connect/,
      /couldn't connect/,
      /connection (?:refused|reset|closed)/,
      /network is unreachable/,
      /no route to host/,
      /unexpected disconnect/,
      /early EOF/,
      /hung up unexpectedly/,
      /empty reply/,
      /recv failure/,
      /send failure/,
      /returned error: (?:429|5\d\d)\b/,
      /transfer closed/,
      /getpeername\(\) failed/,
      /(?:CONNECT|SOCKS5) (?:aborted|tunnel failed)/,
    ),
    code: 'GIT_UNREACHABLE',
    says: ({ url }) => `${url} cannot be reached`,
    fix: checkAddress,
    retry: BACKOFF,
  },
  {
    pattern: /no space left on device|disk quota exceeded/i,
    code: 'GIT_FAILED',
    says: () => 'the disk with the state folder is full',
    fix: () => 'free some space, or move the state folder with --state-dir',
    retry: BACKOFF,
  },
];

/** What git printed on standard error as a failure with code and remedy. */
export function gitFailure(stderr: string, context: ErrorContext): Failure {
  const rule = RULES.find(({ pattern }) => pattern.test(stderr));
  const detail = tellingLine(stderr, context.secrets);
  if (rule === undefined) {
    return new Failure('GIT_FAILED', `git failed for ${context.url}: ${detail || 'it gave no reason'}`, {
      fix: 'read what git says; when it is about the local mirror, delete the folder "mirrors" in the state folder',
      retry: BACKOFF,
    });
  }
  const quoted = detail === '' ? '' : ` (${detail})`;
  return new Failure(rule.code, `${rule.says(context)}${quoted}`, {
    fix: rule.fix(context),
    ...(rule.retry === undefined ? {} : { retry: rule.retry }),
  });
}

const MOST_DETAIL = 300;

/** The telling part of git's output on one line: no control characters, no credentials, no more than 300 characters. */
export function tellingLine(stderr: string, secrets: readonly string[]): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const telling = lines.filter((line) => /^(?:fatal|error|remote|ERROR|!):?\s/.test(line));
  const text = (telling.length > 0 ? telling : lines)
    .map((line) => line.replace(/^(?:fatal|error|remote):\s*/, ''))
    .filter((line) => line !== '' && !/^[-=*]+$/.test(line) && !/failed to push some refs/.test(line))
    .join('; ');
  const clean = withoutSecrets(text, secrets).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return clean.length > MOST_DETAIL ? `${clean.slice(0, MOST_DETAIL)}...` : clean;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  // Schemes are short; looked for at any length, a long word would take its square.
  return blotOut(text, secrets)
    .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/'"]*@/gi, '$1')
    .replace(/(:\/\/[^\s'"?#]*)[?#][^\s'"]*/g, '$1');
}
