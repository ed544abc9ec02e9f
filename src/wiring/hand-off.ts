import { readFile } from 'node:fs/promises';
import type { HandOffOptions, Work } from '../cli/work.ts';
import { Failure } from '../core/failure.ts';
import type { HandoffReport } from '../core/handoff/report.ts';
import { githubToken } from '../pipelines/handoff/github-token.ts';
import { handOff as handOffTo } from '../pipelines/handoff/hand-off.ts';
import { isSafeAddress, openHttp } from '../pipelines/handoff/http.ts';
import type { Insisting } from '../pipelines/handoff/insist.ts';
import { around } from './around.ts';

const PATIENCE: Omit<Insisting, 'ask'> = {
  nowMs: () => performance.now(),
  sleep: around.sleep,
};

export async function handOff(...[options, told, signal]: Parameters<Work['handOff']>): Promise<HandoffReport> {
  const { server, images, applications, selector, order, token, caFile, waitMs } = options;
  if (!isSafeAddress(server)) {
    const fix = 'write https://, because a token is sent there';
    throw new Failure('SETTING_INVALID', 'is no https address', { fix, object: `--server ${server}` });
  }
  await using ask = openHttp(caFile === undefined ? undefined : await readCertificates(caFile));
  const body = { images, order, applications: applications.length > 0 ? applications : undefined, selector };
  const tools = { ...PATIENCE, ask, told, token: (until: AbortSignal) => tokenOf(token, until) };
  return await handOffTo({ server: server.replace(/\/+$/, ''), body, waitMs }, tools, signal);
}

async function tokenOf(source: HandOffOptions['token'], signal: AbortSignal): Promise<string> {
  if (source.kind === 'given') return source.token;
  // GitHub is trusted by the usual certificates, whatever Tiphys is trusted by.
  await using ask = openHttp(undefined);
  return await githubToken(source, source.audience, { ...PATIENCE, ask }, signal);
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure('INPUT_UNREADABLE', 'cannot be read', { fix: 'correct --ca-file', object: path, cause: error });
  }
}
