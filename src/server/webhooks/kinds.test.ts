import { describe, expect, test } from 'vitest';
import { SAMPLES } from '../../../test/support/webhook-samples.ts';
import { webhookKinds } from './index.ts';

const at = (type: string) => {
  const kind = webhookKinds.find((one) => one.type === type);
  if (kind === undefined) throw new Error(`no kind ${type}`);
  return kind;
};

describe('what each kind makes of a payload', () => {
  for (const { type, why, headers = {}, query = {}, body, expected } of SAMPLES) {
    test(`${type}: ${why}`, () => {
      const webhook = at(type).parse({ headers, query: new URLSearchParams(query), body });
      if (typeof expected === 'string') expect(webhook).toMatchObject({ reason: expected });
      else {
        const pushed = webhook.kind === 'pushed' ? webhook.events : [];
        expect(pushed.map(({ registry, repository, tag }) => `${registry}/${repository}:${tag}`)).toEqual(expected);
      }
    });
  }
});

describe('every kind', () => {
  for (const kind of webhookKinds) {
    test(`${kind.type} has a sample of a push`, () => {
      expect(SAMPLES.some(({ type, expected }) => type === kind.type && typeof expected !== 'string')).toBe(true);
    });

    test(`${kind.type} is not thrown off by a body of strange shapes`, () => {
      const strange = [1, null, 'x', [], {}, [null], [1], true];
      for (const value of strange) {
        for (const sample of SAMPLES.filter(({ type }) => type === kind.type)) {
          const bodies = Object.keys(sample.body).map((key) => ({ ...sample.body, [key]: value }));
          for (const body of [{}, ...bodies]) {
            const request = { headers: sample.headers ?? {}, query: new URLSearchParams(sample.query), body };
            expect(() => kind.parse(request)).not.toThrow();
          }
        }
      }
    });
  }

  test('has a type of its own', () => {
    expect(new Set(webhookKinds.map(({ type }) => type)).size).toBe(webhookKinds.length);
  });
});
