import { Failure } from '../../core/failure.ts';
import { isUntyped, type Untyped } from '../../core/untyped.ts';
import { invalid } from '../credentials/invalid.ts';
import type { HttpAnswer, HttpRequest } from '../transport.ts';
import type { IdentitySurroundings } from './identity-kind.ts';

/** One step on the way to credentials. */
export interface Step {
  /** For people: "AWS STS, AssumeRole". */
  readonly name: string;
  /** What to look at when it is refused: which permission, which setting. */
  readonly fix: string;
}

export type IdentityRequest = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>;

const MOST_ANSWER_BYTES = 256 * 1024;

/**
 * Asks a cloud's service; any status but 200 is a failure that names the step and the service's own code for it.
 * What is https goes by the environment's proxies, anything else stays on this machine's link.
 * @throws {Failure} CREDENTIALS_INVALID, ABORTED
 */
export async function ask(
  { name, fix }: Step,
  request: IdentityRequest,
  { web, link }: IdentitySurroundings,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const transport = request.url.protocol === 'https:' ? web : link;
  const answer = await reach(
    name,
    transport.send({ ...request, authorization: undefined, redirects: 'none', limitBytes: MOST_ANSWER_BYTES }, signal),
  );
  if (answer.status === 200) return answer;
  throw invalid(name, `${request.url.host} answered ${answer.status}${errorCode(answer)}`, fix);
}

/** As `ask`, for an answer that is a JSON object. */
export async function askJson(
  step: Step,
  request: IdentityRequest,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<Untyped> {
  const { body } = await ask(step, request, around, signal);
  const json = parseJson(body);
  if (isUntyped(json)) return json;
  throw invalid(step.name, `${request.url.host} answered with something else than JSON`, step.fix);
}

/** The text under a key of an answer, which must be there. */
export function textOf(answer: Untyped, key: string, { name, fix }: Step): string {
  const value = answer[key];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(name, `the answer holds no ${key}`, fix);
}

/** A form as OAuth2 and the query protocol of AWS want it. */
export function formRequest(url: string, form: Readonly<Record<string, string>>): IdentityRequest & { body: string } {
  return {
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams(form).toString(),
  };
}

async function reach(step: string, sent: Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await sent;
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'ABORTED') throw error;
    throw new Failure('CREDENTIALS_INVALID', `${step}: ${error.message}`, { fix: error.fix, retry: error.retry });
  }
}

/** " (AccessDeniedException)": the services' codes are words; their messages can repeat what was sent. */
function errorCode({ body }: HttpAnswer): string {
  const json = parseJson(body);
  const [, xmlCode] = /<Code>(\w{1,64})<\/Code>/.exec(Buffer.from(body).toString()) ?? [];
  const codes = isUntyped(json)
    ? [json['__type'], json['error'], isUntyped(json['error']) ? json['error']['status'] : undefined, json['code']]
    : [xmlCode];
  const code = codes.find((one) => typeof one === 'string' && /^[\w.#:/-]{1,100}$/.test(one));
  return typeof code === 'string' ? ` (${code.split('#').at(-1)})` : '';
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
