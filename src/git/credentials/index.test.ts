import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseRemote, type Remote } from '../remote-url.ts';
import { credentialKinds } from './index.ts';

const pem = (length: number) =>
  generateKeyPairSync('rsa', { modulusLength: length }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const RSA = pem(2048);
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const LOCKED_RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString();
/** The beginning of a key in OpenSSH's own form, which says how it is locked. */
function openSsh(cipher: string): string {
  const length = Buffer.from([0, 0, 0, cipher.length]);
  const body = Buffer.concat([Buffer.from('openssh-key-v1\0'), length, Buffer.from(cipher), Buffer.alloc(40)]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
const GOOGLE = { type: 'service_account', client_email: 'bot@p.iam.gserviceaccount.com', private_key: RSA };
const PRINCIPAL = {
  azureServicePrincipalClientId: 'client',
  azureServicePrincipalTenantId: 'tenant',
  azureServicePrincipalClientSecret: 'hidden-secret',
};
const APP = { githubAppID: '7', githubAppInstallationID: '42', githubAppPrivateKey: RSA };

interface Sample {
  readonly good: readonly Readonly<Record<string, string>>[];
  /** What is wrong with what; "hidden" is the value that no problem repeats. */
  readonly bad: readonly (readonly [Readonly<Record<string, string>>, RegExp])[];
  readonly url?: string;
}
const SAMPLES: Readonly<Record<string, Sample>> = {
  password: {
    good: [{ password: 'p' }, { username: 'u', password: 'p', forceHttpBasicAuth: 'true' }],
    bad: [
      [{ password: 'hidden\n' }, /^password has a line break/],
      [{ username: 'hidden\r', password: 'p' }, /^username has a line break/],
    ],
  },
  'bearer-token': {
    good: [{ bearerToken: 'abc.def_-~+/=' }, { bearerToken: 'abc\n' }],
    bad: [[{ bearerToken: 'hidden token' }, /^bearerToken has characters/]],
  },
  'ssh-key': {
    good: [
      { sshPrivateKey: RSA },
      { sshPrivateKey: openSsh('none') },
      { sshPrivateKey: RSA.replaceAll('\n', '\r\n').trim() },
    ],
    bad: [
      [{ sshPrivateKey: 'ssh-ed25519 hidden' }, /^sshPrivateKey is not a private key/],
      [{ sshPrivateKey: LOCKED_RSA }, /^sshPrivateKey has a passphrase/],
      [{ sshPrivateKey: openSsh('aes256-ctr') }, /^sshPrivateKey has a passphrase/],
    ],
    url: 'git@git.example.com:team/shop.git',
  },
  'github-app': {
    good: [
      APP,
      { ...APP, githubAppInstallationID: '' },
      { ...APP, githubAppEnterpriseBaseUrl: 'https://ghe.example.com' },
    ],
    bad: [
      [{ ...APP, githubAppID: 'hidden' }, /^githubAppID is no number/],
      [{ ...APP, githubAppInstallationID: 'hidden' }, /^githubAppInstallationID is no number/],
      [{ ...APP, githubAppPrivateKey: 'hidden' }, /^githubAppPrivateKey is not an RSA key/],
      [{ ...APP, githubAppPrivateKey: EC }, /^githubAppPrivateKey is not an RSA key/],
      [
        { ...APP, githubAppEnterpriseBaseUrl: 'http://ghe.example.com/hidden' },
        /^githubAppEnterpriseBaseUrl is not an https/,
      ],
      [
        { ...APP, githubAppEnterpriseBaseUrl: 'https://u:hidden@ghe.example.com' },
        /^githubAppEnterpriseBaseUrl is not/,
      ],
    ],
  },
  'google-service-account': {
    good: [{ gcpServiceAccountKey: JSON.stringify(GOOGLE) }],
    bad: [
      [{ gcpServiceAccountKey: 'hidden' }, /^gcpServiceAccountKey is not the JSON key/],
      [{ gcpServiceAccountKey: JSON.stringify({ ...GOOGLE, type: 'authorized_user' }) }, /is not the JSON key/],
      [{ gcpServiceAccountKey: JSON.stringify({ ...GOOGLE, client_email: 'hidden\n' }) }, /has no client_email$/],
      [
        { gcpServiceAccountKey: JSON.stringify({ ...GOOGLE, private_key: 'hidden' }) },
        /private_key that cannot be read$/,
      ],
    ],
  },
  'azure-workload-identity': {
    good: [{ useAzureWorkloadIdentity: 'true' }],
    bad: [],
    url: 'https://dev.azure.com/org/project/_git/shop',
  },
  'azure-service-principal': {
    good: [
      PRINCIPAL,
      {
        azureServicePrincipalClientID: 'client',
        azureServicePrincipalTenantID: 'tenant',
        azureServicePrincipalClientSecret: 's',
      },
    ],
    bad: [
      [{ ...PRINCIPAL, azureServicePrincipalClientId: '' }, /^azureServicePrincipalClientId is missing/],
      [{ ...PRINCIPAL, azureServicePrincipalTenantId: '' }, /^azureServicePrincipalTenantId is missing/],
      [{ ...PRINCIPAL, azureServicePrincipalClientSecret: '' }, /^azureServicePrincipalClientSecret is missing/],
    ],
  },
  'client-certificate': { good: [{ tlsClientCertData: 'c', tlsClientCertKey: 'k' }], bad: [] },
};

function remoteOf(url = 'https://git.example.com/team/shop.git'): Remote {
  const remote = parseRemote(url);
  if (!remote.ok) throw new Error(remote.problem);
  return remote.value;
}
const secret = (data: Readonly<Record<string, string>>, isArgocds = true) => ({
  source: 'the Secret argocd/repo',
  data,
  isArgocds,
});

for (const kind of credentialKinds) {
  describe(kind.id, () => {
    const sample = SAMPLES[kind.id];
    test('has samples', () => expect(sample?.good.length).toBeGreaterThan(0));

    test('reads nothing from a Secret without its keys', () => {
      expect(kind.read(secret({ url: 'x', insecure: 'true' }), remoteOf(sample?.url))).toBeUndefined();
    });

    for (const data of sample?.good ?? []) {
      test(`reads ${Object.keys(data)}, and names the Secret`, () => {
        expect(kind.opens).toBe(remoteOf(sample?.url).kind);
        expect(kind.read(secret(data), remoteOf(sample?.url))).toMatchObject({
          ok: true,
          value: { source: 'the Secret argocd/repo' },
        });
        expect(Object.keys(data).some((key) => kind.keys.includes(key))).toBe(true);
      });
    }

    for (const [data, problem] of sample?.bad ?? []) {
      test(`refuses what ${problem} says, and shows no value`, () => {
        const read = kind.read(secret(data), remoteOf(sample?.url));
        expect(read).toMatchObject({ ok: false, problem: expect.stringMatching(problem) });
        expect(JSON.stringify(read)).not.toContain('hidden');
      });
    }
  });
}

describe('the identity of this process', () => {
  const kind = credentialKinds.find(({ id }) => id === 'azure-workload-identity');
  const data = { useAzureWorkloadIdentity: 'true' };
  for (const [what, url, isArgocds, problem] of [
    [
      'a Secret of an Application’s own namespace',
      'https://dev.azure.com/o/p/_git/r',
      false,
      /only in a repository Secret/,
    ],
    ['another host than Azure DevOps', 'https://git.example.com/o', true, /which git.example.com is not/],
    ['a host that only ends alike', 'https://evil-dev.azure.com.example.com/o', true, /is not$/],
    ['plain HTTP', 'http://dev.azure.com/o/p/_git/r', true, /is not$/],
  ] as const) {
    test(`is not lent to ${what}`, () => {
      expect(kind?.read(secret(data, isArgocds), remoteOf(url))).toMatchObject({
        ok: false,
        problem: expect.stringMatching(problem),
      });
    });
  }
});
