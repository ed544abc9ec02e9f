/** How a repository is reached, whoever asks; what is absent is not stated. */
export interface Connection {
  /** PEM. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** Neither certificates nor host keys are checked. */
  readonly isInsecure: boolean;
  /** Instead of HTTP_PROXY and HTTPS_PROXY; may hold a password. */
  readonly proxy?: string;
  /** Hosts that are reached without `proxy`. */
  readonly noProxy?: string;
}
