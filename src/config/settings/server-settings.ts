import type { Setting } from './setting.ts';
import { isSettledBy, refuse, type Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';
import { readCiphers } from './tls-ciphers.ts';

export interface TlsSettings {
  /** "1.1", "1.2" or "1.3". */
  readonly minVersion: string;
  readonly maxVersion: string;
  /** By OpenSSL's names; none for the library's own choice. */
  readonly ciphers: readonly string[];
  /** Whether suites were named that cannot be chosen, because nothing older than TLS 1.3 is spoken. */
  readonly ignoresCiphers: boolean;
}

/** How registries may tell of their pushes. */
export interface WebhookSettings {
  readonly port: number;
  readonly requireSecret: boolean;
  /** By the kind's `type`, of those that have one. */
  readonly secrets: ReadonlyMap<string, string>;
  /** What Google's tokens must say; undefined unless both are given. */
  readonly googleToken: { readonly audience: string; readonly serviceAccount: string } | undefined;
  /** Webhooks in an hour; 0 for any number. */
  readonly allowedPerHour: number;
  /** Undefined for plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly http2: boolean;
}

const SECRETS = {
  'docker.io': CATALOGUE.dockerWebhookSecret,
  'ghcr.io': CATALOGUE.ghcrWebhookSecret,
  'quay.io': CATALOGUE.quayWebhookSecret,
  harbor: CATALOGUE.harborWebhookSecret,
  'aliyun-acr': CATALOGUE.aliyunAcrWebhookSecret,
  acr: CATALOGUE.acrWebhookSecret,
  cloudevents: CATALOGUE.cloudeventsWebhookSecret,
  distribution: CATALOGUE.distributionWebhookSecret,
  jfrog: CATALOGUE.jfrogWebhookSecret,
  nexus: CATALOGUE.nexusWebhookSecret,
  generic: CATALOGUE.genericWebhookSecret,
};

/**
 * @returns undefined when no webhooks are served
 * @throws {SettingsRefused} for TLS that nobody could speak, and where there is nothing else to serve
 */
export function webhookSettings(settings: Settings): WebhookSettings | undefined {
  const port = settings.valueOf(CATALOGUE.webhookPort);
  if (port === 0 && isSettledBy('webhook', CATALOGUE.enableWebhook, settings)) {
    refuse(settings, CATALOGUE.webhookPort, 'at port 0 nothing is served', 'name a port');
  }
  if (!settings.valueOf(CATALOGUE.enableWebhook) || port === 0) return undefined;
  const secrets = Object.entries(SECRETS).flatMap(([type, setting]): [string, string][] => {
    const secret = settings.find(setting) ?? '';
    return secret === '' ? [] : [[type, secret]];
  });
  return {
    port,
    requireSecret: settings.valueOf(CATALOGUE.webhookRequireSecret),
    secrets: new Map(secrets),
    googleToken: googleToken(settings),
    allowedPerHour: settings.valueOf(CATALOGUE.webhookRatelimitAllowed),
    tls: settings.valueOf(CATALOGUE.disableTls) ? undefined : tlsSettings(settings),
    http2: settings.valueOf(CATALOGUE.enableHttp2),
  };
}

function googleToken(settings: Settings): WebhookSettings['googleToken'] {
  const audience = settings.find(CATALOGUE.garWebhookAudience);
  const serviceAccount = settings.find(CATALOGUE.garWebhookServiceAccount);
  if (audience !== undefined && serviceAccount !== undefined) return { audience, serviceAccount };
  const [missing, given] =
    audience === undefined
      ? ([CATALOGUE.garWebhookAudience, serviceAccount] as const)
      : ([CATALOGUE.garWebhookServiceAccount, audience] as const);
  // Half of it would let in tokens that somebody else got from Google.
  if (given !== undefined) refuse(settings, missing, 'it is missing; the other one alone proves nothing', 'give both');
  return undefined;
}

/** @throws {SettingsRefused} for TLS that nobody could speak */
export function tlsSettings(settings: Settings): TlsSettings {
  const minVersion = settings.valueOf(CATALOGUE.tlsMinVersion);
  const maxVersion = settings.valueOf(CATALOGUE.tlsMaxVersion);
  if (minVersion > maxVersion) {
    const message = `TLS ${minVersion} is newer than ${maxVersion}, the newest version that is spoken`;
    refuse(settings, CATALOGUE.tlsMinVersion, message, 'raise --tlsmaxversion, or lower --tlsminversion');
  }
  const names = settings.find(CATALOGUE.tlsCiphers) ?? [];
  if (minVersion === '1.3') return { minVersion, maxVersion, ciphers: [], ignoresCiphers: names.length > 0 };
  const ciphers = readCiphers(names, minVersion);
  if (ciphers.ok) return { minVersion, maxVersion, ciphers: ciphers.value, ignoresCiphers: false };
  return refuse(settings, CATALOGUE.tlsCiphers, ciphers.problem, 'choose others, or leave --tlsciphers out');
}

/** How metrics are served. */
export interface MetricsSettings {
  readonly address: string;
  readonly isSecure: boolean;
  readonly http2: boolean;
}

type Place = 'cluster' | 'stand-alone';

/**
 * @returns undefined where none are served
 * @throws {SettingsRefused} for secure ones outside a cluster
 */
export function metricsSettings(settings: Settings, place: Place): MetricsSettings | undefined {
  const { metricsBindAddress, metricsPort, metricsSecure } = CATALOGUE;
  const old = atPort(settings, metricsPort, metricsBindAddress);
  const address = old ?? settings.valueOf(metricsBindAddress);
  const isSecure = settings.valueOf(metricsSecure) && (!old || settings.given(metricsSecure) !== undefined);
  if (address === '0') return undefined;
  if (isSecure && place === 'stand-alone') {
    const fix = 'give --metrics-secure=false, or leave --metrics-bind-address out';
    refuse(settings, metricsSecure, 'only a cluster can say who may read metrics', fix);
  }
  return { address, isSecure, http2: settings.valueOf(CATALOGUE.enableHttp2) };
}

/**
 * @param place a cluster expects health probes at upstream's address; a process that a person starts beside others
 *   serves them only when it is asked to
 * @returns undefined where it is not served
 */
export function healthSettings(settings: Settings, place: Place): { readonly address: string } | undefined {
  const { healthProbeBindAddress, healthPort } = CATALOGUE;
  const isWanted = place === 'cluster' || settings.given(healthProbeBindAddress) !== undefined;
  const old = atPort(settings, healthPort, healthProbeBindAddress);
  const address = old ?? (isWanted ? settings.valueOf(healthProbeBindAddress) : '0');
  return address === '0' ? undefined : { address };
}

/** The address that a flag of the 0.x line means; undefined where it is not given, or the address itself is. */
function atPort(settings: Settings, port: Setting<number>, address: Setting): string | undefined {
  const number = settings.given(address) === undefined ? settings.find(port) : undefined;
  return number === undefined ? undefined : number === 0 ? '0' : `:${number}`;
}
