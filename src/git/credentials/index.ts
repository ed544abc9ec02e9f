import type { CredentialKind } from './credential.ts';
import { azureServicePrincipal } from './kinds/azure-service-principal.ts';
import { azureWorkloadIdentity } from './kinds/azure-workload-identity.ts';
import { bearerToken } from './kinds/bearer-token.ts';
import { clientCertificate } from './kinds/client-certificate.ts';
import { githubApp } from './kinds/github-app.ts';
import { googleServiceAccount } from './kinds/google-service-account.ts';
import { password } from './kinds/password.ts';
import { sshKey } from './kinds/ssh-key.ts';

/** In the order in which Argo CD prefers them: the first that a Secret holds for an address is used. */
export const credentialKinds: readonly CredentialKind[] = [
  password,
  bearerToken,
  sshKey,
  githubApp,
  googleServiceAccount,
  azureWorkloadIdentity,
  azureServicePrincipal,
  clientCertificate,
];
