import type { FakeRepository, FakeRequest } from './fake-repository.ts';
import type { Answer, Call } from './forge-server.ts';

/** Uses the request that a call names by `:id`. @param absent  the answer where there is none */
export function requestIn(repository: FakeRepository, absent: Answer) {
  return ({ params }: Call, use: (request: FakeRequest) => Answer): Answer => {
    const request = repository.request(params['id'] ?? '');
    return request === undefined ? absent : use(request);
  };
}

export function takeComment({ comments }: FakeRequest, text: unknown): Answer {
  comments.push(String(text));
  return { status: 201, json: { id: comments.length } };
}
