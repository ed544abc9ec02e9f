import { Failure } from '../core/failure.ts';
import type { BranchRef } from '../ports/git.ts';
import { asker } from './credentials/ask.ts';
import { type Choice, chooseCredential } from './credentials/choose.ts';
import type { Shown } from './credentials/credential.ts';
import { TOKEN_USER } from './credentials/kinds/password.ts';
import { TOKEN_ADDRESSES } from './credentials/token-addresses.ts';
import { openTokens } from './credentials/tokens.ts';
import type { GitSetting } from './environment.ts';
import type { ErrorContext } from './git-errors.ts';
import type { GitOptions } from './git-options.ts';
import { type GitVersion, readsUserConfig } from './git-version.ts';
import { basicText, loginOf } from './login.ts';
import { removeAbandonedFiles } from './private-files.ts';
import type { GitProcesses } from './processes.ts';
import { type Opening, type PreparedEnvironment, remoteEnvironment } from './remote-environment.ts';
import { isAllowed, parseRemote, type Remote } from './remote-url.ts';
import { findAuthority, findKnownHosts } from './trust.ts';
import { userCredentialSettings } from './user-settings.ts';

/** A remote with what opens it now. */
export interface WayIn {
  readonly remote: Remote;
  readonly opening: Opening;
  /** What messages about it say and leave out. */
  readonly context: Pick<ErrorContext, 'url' | 'secrets' | 'credentialSource' | 'passedOver'>;
  environment(gitDir: string, partial: boolean): Promise<PreparedEnvironment>;
  /** To be told when the remote has refused it. */
  refused(): void;
}

/** How repositories are reached, and by which credentials. */
export interface WaysIn {
  /**
   * What is written down for a branch; nobody is asked.
   * @throws {Failure} GIT_REF_INVALID, CREDENTIALS_INVALID
   */
  choose(ref: BranchRef): Choice & { readonly remote: Remote };
  /**
   * The same, with tokens for it.
   * @throws {Failure} GIT_REF_INVALID, CREDENTIALS_INVALID, GIT_MISSING, ABORTED
   */
  open(ref: BranchRef, signal: AbortSignal): Promise<WayIn>;
}

export function openWaysIn(
  options: GitOptions,
  processes: GitProcesses,
  gitVersion: () => Promise<GitVersion>,
): WaysIn {
  const { env, argocdNamespace, protocols } = options;
  const tokens = openTokens();
  let cleaned: Promise<void> | undefined;
  let userSettings: Promise<readonly GitSetting[]> | undefined;

  const choose = (ref: BranchRef) => {
    const remote = allowedRemote(ref.repoURL, protocols);
    return { remote, ...chooseCredential(remote, ref, { secrets: options.secrets(), argocdNamespace, env }) };
  };
  const settingsFor = async (remote: Remote, { kind }: Shown) => {
    if (remote.kind !== 'http' || kind !== 'own') return [];
    userSettings ??= userCredentialSettings(processes, env);
    return await userSettings;
  };

  return {
    choose,
    open: async (ref, signal) => {
      const { remote, credential, connection } = choose(ref);
      cleaned ??= removeAbandonedFiles();
      await cleaned;
      const places = { configMaps: options.configMaps(), argocdNamespace, env };
      const authorityOf = (hostname: string) => findAuthority(hostname, places);
      const isOwnHost = (hostname: string) => hostname === remote.hostname || hostname === `api.${remote.hostname}`;
      const ask = asker({ env, connection, authorityOf, isOwnHost });
      const addresses = options.tokenAddresses ?? TOKEN_ADDRESSES;
      const shown = await tokens.show(credential, { env, addresses, now: () => options.now().getTime(), ask }, signal);
      const opening: Opening = {
        shown,
        connection,
        authority: remote.protocol === 'https' ? await authorityOf(remote.hostname) : undefined,
        knownHosts:
          shown.kind === 'ssh-key' && !connection.isInsecure
            ? await findKnownHosts(remote.hostname, places)
            : undefined,
        own: await settingsFor(remote, shown),
        readsUserConfig: shown.kind === 'own' && readsUserConfig(await gitVersion()),
      };
      return {
        remote,
        opening,
        context: contextOf(remote, opening),
        environment: (gitDir, partial) => remoteEnvironment(env, gitDir, remote, opening, partial),
        refused: () => tokens.forget(credential),
      };
    },
  };
}

/** @throws {Failure} GIT_REF_INVALID */
export function readRemote(repoURL: string): Remote {
  const result = parseRemote(repoURL);
  if (result.ok) return result.value;
  throw new Failure('GIT_REF_INVALID', result.problem, {
    fix: 'correct the address (repoURL, git-repository, --repo)',
  });
}

function allowedRemote(repoURL: string, protocols: GitOptions['protocols']): Remote {
  const remote = readRemote(repoURL);
  if (isAllowed(remote, protocols)) return remote;
  throw new Failure('GIT_REF_INVALID', `${remote.url} is reached by ${remote.protocol}, which is not allowed here`, {
    fix: `use https:// or ssh://, or state --git-protocols ${[...protocols, remote.protocol].join(',')}`,
  });
}

const SHORTEST_TOKEN = 20;

function contextOf({ url, password }: Remote, { shown, connection }: Opening): WayIn['context'] {
  const proxy = connection.proxy === undefined ? undefined : URL.parse(connection.proxy);
  const ofProxy = proxy?.password ? [proxy.password, loginOf(proxy).password] : [];
  return {
    url,
    secrets: [...secretsOf(shown), ...ofProxy, ...(password === undefined ? [] : [password])],
    ...(shown.kind === 'own' ? {} : { credentialSource: shown.source }),
    ...(shown.kind === 'own' && shown.passedOver !== undefined ? { passedOver: shown.passedOver } : {}),
  };
}

/**
 * The password, also as the header in which it travels, which servers and proxies like to quote. Some hosts take a
 * token in the place of the user; names that long are none that a message needs.
 */
function secretsOf(shown: Shown): readonly string[] {
  switch (shown.kind) {
    case 'password': {
      const { username, password } = shown;
      const header = basicText(username, password);
      return username.length >= SHORTEST_TOKEN ? [header, password, username] : [header, password];
    }
    case 'bearer':
    case 'github-app':
      return [basicText(TOKEN_USER, shown.token), shown.token];
    case 'ssh-key':
    case 'certificate':
    case 'own':
      return [];
    default:
      return shown satisfies never;
  }
}
