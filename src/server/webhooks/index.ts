import { acr } from './kinds/acr.ts';
import { aliyunAcr } from './kinds/aliyun-acr.ts';
import { cloudevents } from './kinds/cloudevents.ts';
import { distribution } from './kinds/distribution.ts';
import { dockerHub } from './kinds/docker-hub.ts';
import { gar } from './kinds/gar.ts';
import { generic } from './kinds/generic.ts';
import { ghcr } from './kinds/ghcr.ts';
import { harbor } from './kinds/harbor.ts';
import { jfrog } from './kinds/jfrog.ts';
import { nexus } from './kinds/nexus.ts';
import { quay } from './kinds/quay.ts';
import type { WebhookKind } from './webhook-kind.ts';

/** Everybody whose webhooks are understood. */
export const webhookKinds: readonly WebhookKind[] = [
  dockerHub,
  ghcr,
  quay,
  harbor,
  aliyunAcr,
  acr,
  cloudevents,
  distribution,
  gar,
  jfrog,
  nexus,
  generic,
];
