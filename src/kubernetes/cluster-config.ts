/** How a cluster is reached, and as whom. */
export interface ClusterConfig {
  /** For messages: "context prod of /home/me/.kube/config", "the ServiceAccount of this Pod". */
  readonly source: string;
  /** Without a slash at its end. */
  readonly server: string;
  /** The namespace that is meant when none is named. */
  readonly namespace: string;
  /** PEM; the only roots that count. undefined: the system's. */
  readonly ca?: string;
  readonly isInsecure: boolean;
  /** The name that the server's certificate must have, instead of the host's. */
  readonly serverName?: string;
  /** "http://proxy.example.com:3128"; undefined: none. */
  readonly proxy?: string;
  readonly user: ClusterUser;
}

export interface ClusterUser {
  readonly proof: Proof;
  /** Shown beside any other proof. */
  readonly certificate?: ClientCertificate;
  /** Headers that ask to act as somebody else. */
  readonly impersonation: Readonly<Record<string, string | readonly string[]>>;
}

/** PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What the Authorization header is made of. */
export type Proof =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** Read again and again: whoever writes it renews it. */
  | { readonly kind: 'token-file'; readonly path: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'plugin'; readonly plugin: CredentialPlugin };

/** A program that prints credentials (client.authentication.k8s.io). */
export interface CredentialPlugin {
  readonly apiVersion: string;
  /** With a slash: an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether it is told of the cluster. */
  readonly wantsCluster: boolean;
  /** What to do when there is no such program, in the kubeconfig's words. */
  readonly installHint?: string;
}
