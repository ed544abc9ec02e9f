import { describe, expect, test } from 'vitest';
import type { PushEvent } from '../../src/core/push-event.ts';
import { tinyImage } from '../../src/demo/tiny-image.ts';
import { serveWebhooks } from '../../src/server/webhooks/webhook-server.ts';
import { startDistribution } from './distribution-registry.ts';
import { pushImage } from './push-image.ts';
import { findTool, missing } from './tools.ts';

const SECRET = 'what-the-registry-knows';

for (const tool of ['docker-registry', 'registry'] as const) {
  const program = findTool(tool);
  const title = `${tool} tells of a push${program === undefined ? ` (${missing(tool)})` : ''}`;
  describe.skipIf(program === undefined)(title, () => {
    for (const [secret, why] of [
      [SECRET, 'and is believed'],
      ['something else', 'and is not believed with another secret'],
    ] as const) {
      test(why, async () => {
        const pushes: PushEvent[] = [];
        const outcomes: string[] = [];
        const heard = Promise.withResolvers<void>();
        await using server = await serveWebhooks({
          settings: {
            port: 0,
            requireSecret: true,
            secrets: new Map([['distribution', SECRET]]),
            googleToken: undefined,
            allowedPerHour: 0,
            tls: undefined,
            http2: false,
          },
          tlsFolder: '/nowhere',
          looks: {
            repositoryPushed(event) {
              pushes.push(event);
              return 'look';
            },
          },
          googleKeys: { find: async () => undefined },
          observe(_kind, outcome) {
            outcomes.push(outcome);
            if (outcome === 'look' || outcome === 'refused') heard.resolve();
          },
          now: Date.now,
          onBug: heard.reject,
        });
        const notify = {
          url: `http://127.0.0.1:${server.port}/webhook?type=distribution`,
          authorization: `Bearer ${secret}`,
        };
        await using registry = await startDistribution(program ?? '', { notify });
        await pushImage(
          registry,
          'acme/web',
          ['1.4.1'],
          tinyImage({ created: '2026-01-01T00:00:00Z', platforms: ['linux/amd64', 'linux/arm64'] }, 'web'),
        );
        await heard.promise;
        if (secret !== SECRET) return expect([pushes, new Set(outcomes)]).toEqual([[], new Set(['refused'])]);
        expect(pushes).toEqual([{ registry: registry.host, repository: 'acme/web', tag: '1.4.1' }]);
        expect(outcomes.every((outcome) => outcome === 'look' || outcome === 'ignored')).toBe(true);
      });
    }
  });
}
