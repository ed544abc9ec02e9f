import { expect, test } from 'vitest';
import { signedHeaders } from './sigv4.ts';

// AWS's published test suite for Signature Version 4: its key pair opens nothing.
const EXAMPLE = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

for (const [name, method, url, headers, body, signature] of [
  ['get-vanilla', 'GET', '/', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    {},
    '',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  ['post-vanilla', 'POST', '/', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-x-www-form-urlencoded',
    'POST',
    '/',
    FORM,
    'Param1=value1',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
] as const) {
  test(`signs ${name} of the published suite`, () => {
    const signed = signedHeaders(EXAMPLE, {
      method,
      url: new URL(url, 'https://example.amazonaws.com'),
      headers,
      body,
      region: 'us-east-1',
      service: 'service',
      nowMs: Date.UTC(2015, 7, 30, 12, 36),
    });
    expect(signed['authorization']).toMatch(new RegExp(`Signature=${signature}$`));
  });
}

test('signs the example of the documentation, a query of IAM', () => {
  const signed = signedHeaders(EXAMPLE, {
    method: 'GET',
    url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: '',
    region: 'us-east-1',
    service: 'iam',
    nowMs: Date.UTC(2015, 7, 30, 12, 36),
  });
  expect(signed['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
      'SignedHeaders=content-type;host;x-amz-date, ' +
      'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  );
});

test('signs and sends the token of temporary credentials', () => {
  const signed = signedHeaders(
    { ...EXAMPLE, sessionToken: 'session' },
    {
      method: 'POST',
      url: new URL('https://sts.us-east-1.amazonaws.com/'),
      headers: {},
      body: '',
      region: 'us-east-1',
      service: 'sts',
      nowMs: 0,
    },
  );
  expect(signed).toMatchObject({ 'x-amz-security-token': 'session', 'x-amz-date': '19700101T000000Z' });
  expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});
