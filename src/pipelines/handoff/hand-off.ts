import { Failure } from '../../core/failure.ts';
import { HANDOFF_STATES, type HandoffState } from '../../core/handoff/operation.ts';
import type { HandoffReport, ReportedTarget } from '../../core/handoff/report.ts';
import type { NetworkError } from '../../core/network-error.ts';
import { isUntyped, listAt, textAt, type Untyped } from '../../core/untyped.ts';
import type { Answer, Question } from './http.ts';
import { type Insisting, insist } from './insist.ts';

/** What is handed off, and to whom. */
export interface HandOff {
  /** "https://tiphys.example.com", without a slash at its end. */
  readonly server: string;
  /** The request as it is sent, each time the same. */
  readonly body: object;
  /** How long to wait for it to end; undefined only hands off. */
  readonly waitMs: number | undefined;
}

export interface HandOffTools extends Insisting {
  /** The pipeline's own token. Never printed. */
  readonly token: (signal: AbortSignal) => Promise<string>;
  /** Told of every change while it is waited for. */
  readonly told: (report: HandoffReport) => void;
}

const PATH = '/api/v1/handoff';
const ASK_EVERY_MS = 2_000;

/**
 * Hands off, and waits until nothing more will become of it or time is over.
 * @throws {Failure} HANDOFF_REFUSED, HANDOFF_UNREACHABLE
 */
export async function handOff(asked: HandOff, tools: HandOffTools, signal: AbortSignal): Promise<HandoffReport> {
  const { server, body, waitMs } = asked;
  const url = `${server}${PATH}`;
  const authorization = `Bearer ${await tools.token(signal)}`;
  // The same token and body are the same hand-off, however often they are sent.
  const posted = await bodyOf(tools, { method: 'POST', url, authorization, body: JSON.stringify(body) }, signal);
  const [id, secret] = [textAt(posted, 'id') ?? '', textAt(posted, 'secret') ?? ''];
  // Not the address that the answer names: what is secret goes nowhere but to this server.
  if (!/^[\w-]+$/.test(id) || secret === '') throw strangeAnswer(url);
  let report = reportIn(posted, url);
  if (waitMs === undefined) return report;
  const endMs = tools.nowMs() + waitMs;
  for (let told = ''; !isOver(report) && tools.nowMs() < endMs; ) {
    await tools.sleep(Math.min(ASK_EVERY_MS, endMs - tools.nowMs()), signal);
    const get = { method: 'GET', url: `${url}/${id}`, authorization: `Bearer ${secret}`, body: undefined } as const;
    report = reportIn(await bodyOf(tools, get, signal), url);
    const now = JSON.stringify(report);
    if (now !== told) tools.told(report);
    told = now;
  }
  return report;
}

/** A pull request waits for people, who take longer than a job. */
function isOver({ isFinal, state }: HandoffReport): boolean {
  return isFinal || state === 'pull-request';
}

/** What a server answers that does as it is asked. */
async function bodyOf(tools: Insisting, question: Question, signal: AbortSignal): Promise<Untyped> {
  const answer = await insist(tools, question, signal);
  if ('kind' in answer) throw unreachable(question.url, answer);
  if (answer.status < 200 || answer.status > 299) throw refusal(question.url, answer);
  return answer.body;
}

function unreachable(url: string, { kind, code }: NetworkError): Failure {
  const address = 'let --server name the address of tiphys serve';
  const problems = {
    timeout: ['did not answer in time', address],
    certificate: [`has a certificate that is not trusted (${code})`, 'name its authority with --ca-file'],
    'broken-off': [`broke off its answer (${code})`, address],
    unreachable: [`cannot be reached (${code})`, address],
  } as const satisfies Record<typeof kind, readonly [problem: string, fix: string]>;
  const [problem, fix] = problems[kind];
  return new Failure('HANDOFF_UNREACHABLE', problem, { fix, object: url });
}

function refusal(url: string, { status, body }: Answer): Failure {
  const claims = isUntyped(body['claims']) ? `; the token says ${JSON.stringify(body['claims'])}` : '';
  const message = `answered ${status}: ${textAt(body, 'error') ?? 'without saying why'}${claims}`;
  const fix = 'compare the token with the rules of handoff.yaml; the log of tiphys serve says what it was refused for';
  const code = status >= 500 || status === 429 ? 'HANDOFF_UNREACHABLE' : 'HANDOFF_REFUSED';
  return new Failure(code, message, { fix, object: url });
}

function reportIn(body: Untyped, url: string): HandoffReport {
  const state = stateIn(body);
  if (state === undefined) throw strangeAnswer(url);
  const text = (key: string) => textAt(body, key) || undefined;
  return {
    id: text('id') ?? '',
    state,
    isFinal: body['final'] === true,
    commit: text('commit'),
    branch: text('branch'),
    pullRequestURL: text('pullRequest'),
    targets: listAt(body, 'targets').filter(isUntyped).flatMap(readTarget),
  };
}

function readTarget(target: Untyped): readonly ReportedTarget[] {
  const state = stateIn(target);
  const text = (key: string) => textAt(target, key) ?? '';
  if (state === undefined) return [];
  return [{ application: text('application'), image: text('image'), tag: text('tag'), state, reason: text('reason') }];
}

function stateIn(body: Untyped): HandoffState | undefined {
  return HANDOFF_STATES.find((one) => one === body['state']);
}

function strangeAnswer(url: string): Failure {
  const fix = 'let --server name the address of tiphys serve';
  return new Failure('HANDOFF_UNREACHABLE', 'this is not the answer of Tiphys', { fix, object: url });
}
