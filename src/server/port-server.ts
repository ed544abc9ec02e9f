import type { TlsSettings } from '../config/settings/server-settings.ts';
import type { Problem } from '../core/failure.ts';
import { type HttpServer, listen, type Serve } from './http-server.ts';
import { readTls, tlsWarnings } from './tls.ts';

/** What is served to the outside, and how. */
export interface PortOptions<Settings extends PortSettings> {
  readonly settings: Settings;
  /** Holds tls.crt and tls.key. */
  readonly tlsFolder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onBug: (error: unknown) => void;
}

interface PortSettings {
  readonly port: number;
  /** Undefined for plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly http2: boolean;
}

export interface PortServer extends HttpServer {
  readonly warnings: readonly Problem[];
}

/**
 * Serves on every address of this machine until it is disposed of.
 * @throws {Failure} ADDRESS_UNUSABLE, CERTIFICATE_INVALID
 */
export async function serveAtPort(
  { settings, tlsFolder, now, onBug }: PortOptions<PortSettings>,
  serve: Serve,
): Promise<PortServer> {
  const { port, http2 } = settings;
  const tls = settings.tls && (await readTls(tlsFolder, settings.tls, now()));
  const server = await listen({ address: `:${port}`, tls: tls?.options, http2, serve, onBug });
  return { ...server, warnings: tlsWarnings(settings.tls, tls, tlsFolder) };
}
