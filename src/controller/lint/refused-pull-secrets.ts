import type { WrittenImage } from '../../config/read-images.ts';
import { remarkOn } from '../../config/written.ts';
import { parseCredentialSource } from '../../core/credentials/credential-source.ts';
import { refusedToImage } from '../../core/credentials/refused-to-image.ts';
import type { Problem } from '../../core/failure.ts';
import { findEndpoint, type RegistriesConfig } from '../../core/registry-endpoint.ts';
import { problemOf } from './written-image.ts';

/** Variables and scripts that images name, and are not given for their registry. */
export function refusedPullSecrets(images: readonly WrittenImage[], config: RegistriesConfig): readonly Problem[] {
  return images.flatMap((written) => {
    const { image, policy } = written;
    const source = parseCredentialSource(policy.pullSecret?.value ?? '');
    const endpoint = image && findEndpoint(config, image);
    const refused = source.ok && endpoint && refusedToImage(source.value, endpoint);
    if (!refused || !policy.pullSecret) return [];
    return [problemOf(written, remarkOn(policy.pullSecret, 'CREDENTIALS_INVALID', refused.problem, refused.fix))];
  });
}
