import type { TokenAddresses } from './credential.ts';

/** Where tokens are really given out. */
export const TOKEN_ADDRESSES: TokenAddresses = {
  google: 'https://oauth2.googleapis.com/token',
  azureAuthority: 'https://login.microsoftonline.com',
  githubApi: (hostname) => {
    if (hostname === 'github.com') return 'https://api.github.com';
    // GitHub Enterprise Cloud with data residency: https://SUBDOMAIN.ghe.com.
    return /^[a-z0-9-]+\.ghe\.com$/.test(hostname) ? `https://api.${hostname}` : undefined;
  },
};
