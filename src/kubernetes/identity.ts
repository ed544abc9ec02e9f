import { readFile } from 'node:fs/promises';
import { Failure } from '../core/failure.ts';
import type { ClientCertificate, ClusterConfig } from './cluster-config.ts';
import { askPlugin, type PluginCredential } from './credential-plugin.ts';

/** What one request shows. */
export interface Shown {
  readonly authorization?: string;
  readonly certificate?: ClientCertificate;
}

/** Who we are to the API server; credentials that end are renewed. */
export interface Identity {
  /** @throws {Failure} CLUSTER_UNAUTHORIZED, ABORTED */
  show(signal: AbortSignal): Promise<Shown>;
  /** What was shown was refused. @returns  whether there may be something newer to show */
  refused(shown: Shown): boolean;
}

export interface IdentityTools {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
}

// The kubelet writes a new token when four fifths of its time are over; client-go reads it as often.
const TOKEN_FILE_MS = 60_000;
/** Requests take time too. */
const EARLY_MS = 10_000;

export function openIdentity(config: ClusterConfig, tools: IdentityTools): Identity {
  const { proof, certificate } = config.user;
  const fixed = certificate ? { certificate } : {};
  switch (proof.kind) {
    case 'none':
      return fixedIdentity(fixed);
    case 'token':
      return fixedIdentity({ ...fixed, authorization: `Bearer ${proof.token}` });
    case 'basic': {
      const pair = Buffer.from(`${proof.username}:${proof.password}`).toString('base64');
      return fixedIdentity({ ...fixed, authorization: `Basic ${pair}` });
    }
    case 'token-file': {
      const read = async (): Promise<PluginCredential> => {
        return { token: await readToken(proof.path), expiresMs: tools.nowMs() + TOKEN_FILE_MS + EARLY_MS };
      };
      return renewedIdentity(read, fixed, tools.nowMs);
    }
    case 'plugin':
      return renewedIdentity((signal) => askPlugin(proof.plugin, config, tools.env, signal), fixed, tools.nowMs);
    default:
      return proof satisfies never;
  }
}

function fixedIdentity(shown: Shown): Identity {
  return { show: async () => shown, refused: () => false };
}

/** Asked for once for all who wait, and again when its time is nearly over or it was refused. */
function renewedIdentity(
  ask: (signal: AbortSignal) => Promise<PluginCredential>,
  fixed: Shown,
  nowMs: () => number,
): Identity {
  let held: { readonly shown: Shown; readonly expiresMs: number } | undefined;
  let asking: Promise<Shown> | undefined;
  const renew = async (signal: AbortSignal): Promise<Shown> => {
    const { token, certificate, expiresMs = Number.POSITIVE_INFINITY } = await ask(signal);
    const shown = {
      ...fixed,
      ...(certificate ? { certificate } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    held = { shown, expiresMs };
    return shown;
  };
  return {
    async show(signal) {
      if (held && held.expiresMs - EARLY_MS > nowMs()) return held.shown;
      asking ??= renew(signal).finally(() => {
        asking = undefined;
      });
      return await asking;
    },
    refused(shown) {
      if (held?.shown === shown) held = undefined;
      return true;
    },
  };
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const fix = 'let the Pod mount its token (automountServiceAccountToken), or name a file that can be read';
    throw new Failure('CLUSTER_UNAUTHORIZED', `the token in ${path} cannot be read`, { fix, cause: error });
  }
}
