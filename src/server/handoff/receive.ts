import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { type Claims, projectClaim } from '../../core/handoff/claims.ts';
import { stateOfAll } from '../../core/handoff/operation.ts';
import { grantTo, type HandoffRule } from '../../core/handoff/rules.ts';
import type { FollowedHandoff, HandoffAnswer, HandoffDesk, HandoffRequest } from '../../ports/handoffs.ts';
import type { ServedAnswer, ServedRequest } from '../http-server.ts';
import { authenticate, type Caller, fingerprint } from './authenticate.ts';
import type { KnownIssuer } from './issuers.ts';
import type { Rates } from './rates.ts';
import { type HandoffBody, readBody } from './request-body.ts';

/** Whose tokens are believed, by what these call them, and what for. */
export interface HandoffPolicy {
  readonly issuers: ReadonlyMap<string, KnownIssuer>;
  readonly rules: readonly HandoffRule[];
}

/** What is done with requests. */
export interface HandoffReception {
  /** As it stands now. */
  readonly policy: () => Promise<HandoffPolicy>;
  readonly desk: HandoffDesk;
  /** Of each project, and for each proof that a hand-off is asked about with. */
  readonly rates: Rates;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly steadyNow: () => number;
  readonly observe: (handoff: ObservedHandoff) => void;
  /** Told why an issuer or the store could not be asked. */
  readonly failed: (error: unknown) => void;
}

export type HandoffOutcome =
  | Exclude<HandoffAnswer['kind'], 'accepted'>
  | 'accepted'
  | 'repeated'
  | 'unauthenticated'
  | 'invalid'
  | 'limited'
  | 'unavailable';

/** What became of one request, for the log. */
export interface ObservedHandoff {
  readonly outcome: HandoffOutcome;
  /** Who asked, as a verified token says. */
  readonly issuer?: string;
  readonly subject?: string;
  readonly operation?: string;
  /** Why nobody is believed to have asked. */
  readonly reason?: string;
}

export const HANDOFF_PATH = '/api/v1/handoff';
const MOST_BODY_BYTES = 256 * 1024;
const TIMEOUT_MS = 20_000;

/** `POST /api/v1/handoff`: takes a hand-off in. What it makes happen, happens later. */
export async function receiveHandoff(reception: HandoffReception, request: ServedRequest): Promise<ServedAnswer> {
  if (request.method !== 'POST') return refusal(405, 'only POST is answered here', { allow: 'POST' });
  return await orUnavailable(reception, async () => {
    const { issuers, rules } = await reception.policy();
    const authentication = await authenticate(request.headers.authorization ?? '', issuers, reception.now());
    if (authentication.kind === 'unavailable') return unavailable(reception, authentication.error);
    if (authentication.kind === 'refused') return unauthenticated(reception, authentication.reason);
    const { caller } = authentication;
    const told = (outcome: HandoffOutcome, operation?: string) => observe(reception, caller, outcome, operation);
    if (!reception.rates.take(projectOf(caller), reception.steadyNow())) {
      told('limited');
      return tooOften();
    }
    const bytes = await request.readBody(MOST_BODY_BYTES);
    if (bytes === undefined) {
      told('invalid');
      return refusal(413, `the body has more than ${MOST_BODY_BYTES} bytes`);
    }
    const body = readBody(bytes);
    if (!body.ok) {
      told('invalid');
      return refusal(400, body.problem);
    }
    const id = randomBytes(16).toString('base64url');
    const handoff = asked(caller, body.value, { id, body: fingerprint(bytes) }, rules);
    const isNamed = handoff.grant.rules.length > 0;
    const answer: HandoffAnswer = isNamed
      ? await reception.desk.submit(handoff, AbortSignal.timeout(TIMEOUT_MS))
      : { kind: 'forbidden' };
    told(outcomeOf(answer), answer.kind === 'accepted' ? answer.id : undefined);
    return answerTo(answer, caller);
  });
}

/** Whether it shows a token of a pipeline that some rule names. Nothing is written, and nobody is told. */
export async function isFromPipeline({ policy, now }: HandoffReception, { headers }: ServedRequest): Promise<boolean> {
  const { issuers, rules } = await policy();
  const proof = await authenticate(headers.authorization ?? '', issuers, now());
  return proof.kind === 'known' && grantTo(proof.caller, rules).rules.length > 0;
}

function asked(
  caller: Caller,
  { order, ...body }: HandoffBody,
  names: Pick<HandoffRequest, 'id' | 'body'>,
  rules: readonly HandoffRule[],
): HandoffRequest {
  const { fingerprint: token, secret, issuedMs, expiresMs } = caller;
  const [grant, project] = [grantTo(caller, rules, order), projectOf(caller)];
  return { ...names, ...body, token, secret: fingerprint(secret), issuedMs, expiresMs, project, grant };
}

function outcomeOf(answer: HandoffAnswer): HandoffOutcome {
  return answer.kind === 'accepted' && !answer.isNew ? 'repeated' : answer.kind;
}

function answerTo(answer: HandoffAnswer, { claims, secret }: Caller): ServedAnswer {
  switch (answer.kind) {
    case 'accepted': {
      const operation = `${HANDOFF_PATH}/${answer.id}`;
      return json(202, { id: answer.id, operation, secret, state: 'accepted' }, { location: operation });
    }
    case 'forbidden':
      return forbidden(claims);
    case 'used':
      return refusal(409, 'the token was used for another hand-off; get one for each');
    case 'forgotten':
      return refusal(
        401,
        'the token is older than what is remembered of tokens; get a new one, by running the job again',
      );
    case 'full': {
      const [status, whose] = answer.of === 'project' ? [429, ' of this project'] : [503, ''];
      return refusal(status, `too many hand-offs${whose} are remembered; try again later`, { 'retry-after': '600' });
    }
    case 'too-many':
      return refusal(400, `more than ${answer.most} images of Applications are meant; name fewer`);
    default:
      return answer satisfies never;
  }
}

/** The same for what is not there and for what is somebody else's; it shows nothing that the caller did not bring along. */
function forbidden(claims: Claims): ServedAnswer {
  const error = 'no rule of handoff.yaml lets this pipeline move these images in these Applications, or there are none';
  return json(403, { error, claims });
}

/** `GET /api/v1/handoff/<id>`, for who has the token of the hand-off, or its secret. */
export async function tellHandoff(
  reception: HandoffReception,
  id: string,
  { method, headers }: ServedRequest,
): Promise<ServedAnswer> {
  if (method !== 'GET') return refusal(405, 'only GET is answered here', { allow: 'GET' });
  return await orUnavailable(reception, async () => {
    const [, shown] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (shown === undefined) return unauthenticated(reception, 'the token or the secret of the hand-off is missing');
    // What is shown is counted, not the hand-off: nobody else can use up its owner's share.
    const print = fingerprint(shown);
    if (!reception.rates.take(`proof ${print}`, reception.steadyNow())) return tooOften();
    // A secret is none of the words that a token consists of: it has no dots.
    const { issuers } = await reception.policy();
    const proof = shown.includes('.') ? await authenticate(`Bearer ${shown}`, issuers, reception.now()) : undefined;
    if (proof?.kind === 'unavailable') return unavailable(reception, proof.error);
    if (proof?.kind === 'refused') return unauthenticated(reception, proof.reason);
    const isOwn: Parameters<HandoffDesk['find']>[1] = ({ token, secret }) =>
      proof ? isSame(proof.caller.fingerprint, token) : isSame(print, secret);
    const handoff = await reception.desk.find(id, isOwn, AbortSignal.timeout(TIMEOUT_MS));
    return handoff ? json(200, documentOf(handoff)) : refusal(404, 'there is no such hand-off of yours');
  });
}

/** Of two fingerprints, in the same time wherever they differ. */
function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function documentOf({ id, createdMs, targets, isFinal }: FollowedHandoff): object {
  const first = (key: 'commit' | 'branch' | 'pullRequest') => targets.find((one) => one[key] !== null)?.[key] ?? null;
  return {
    id,
    state: stateOfAll(targets),
    final: isFinal,
    createdAt: new Date(createdMs).toISOString(),
    commit: first('commit'),
    branch: first('branch'),
    pullRequest: first('pullRequest'),
    targets,
  };
}

function projectOf({ issuer, claims }: Caller): string {
  return `${issuer.url} ${claims[projectClaim(issuer.kind) ?? 'sub'] ?? ''}`;
}

function observe({ observe: tell }: HandoffReception, caller: Caller, outcome: HandoffOutcome, operation?: string) {
  const { issuer, claims } = caller;
  tell({
    outcome,
    issuer: issuer.url,
    subject: claims['sub'] ?? '',
    ...(operation === undefined ? {} : { operation }),
  });
}

function unauthenticated({ observe: tell }: HandoffReception, reason: string): ServedAnswer {
  tell({ outcome: 'unauthenticated', reason });
  return refusal(401, reason, { 'www-authenticate': 'Bearer' });
}

async function orUnavailable(reception: HandoffReception, answer: () => Promise<ServedAnswer>): Promise<ServedAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Failure) return unavailable(reception, error);
    throw error;
  }
}

/** Whoever asks can only try again; what is wrong is for the log. */
function unavailable({ failed, observe: tell }: HandoffReception, error: unknown): ServedAnswer {
  failed(error);
  tell({ outcome: 'unavailable' });
  return refusal(503, 'Tiphys cannot answer this now; try again', { 'retry-after': '10' });
}

export function tooOften(): ServedAnswer {
  return refusal(429, 'this is asked too often; try again later', { 'retry-after': '10' });
}

function refusal(status: number, error: string, headers: ServedAnswer['headers'] = {}): ServedAnswer {
  return json(status, { error }, headers);
}

function json(status: number, document: object, headers: ServedAnswer['headers'] = {}): ServedAnswer {
  return { status, body: `${JSON.stringify(document)}\n`, contentType: 'application/json', headers };
}
