import { type TlsSettings, tlsSettings } from './server-settings.ts';
import type { Settings } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

/** How pipelines may hand off what they have built. */
export interface HandoffSettings {
  readonly port: number;
  /** Undefined for plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly http2: boolean;
}

/**
 * @returns undefined when hand-offs are not taken
 * @throws {SettingsRefused} for TLS that nobody could speak
 */
export function handoffSettings(settings: Settings): HandoffSettings | undefined {
  if (!settings.valueOf(CATALOGUE.enableHandoff)) return undefined;
  return {
    port: settings.valueOf(CATALOGUE.handoffPort),
    tls: settings.valueOf(CATALOGUE.disableTls) ? undefined : tlsSettings(settings),
    http2: settings.valueOf(CATALOGUE.enableHttp2),
  };
}
