import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** An authority of one's own, with what it has signed. PEM. */
export interface Certificates {
  readonly ca: string;
  /** For this machine, as "localhost" and 127.0.0.1. */
  readonly server: Pair;
  readonly client: Pair;
}

/** Made anew by openssl; undefined where there is none. */
export async function makeCertificates(): Promise<Certificates | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-certificates-'));
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const sign = async (name: string, extension: string): Promise<Pair> => {
    await writeFile(join(folder, `${name}.ext`), extension);
    await openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    const files = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.pem`];
    await openssl('x509', '-req', '-days', '2', ...authority, ...files);
    const read = (file: string) => readFile(join(folder, file), 'utf8');
    return { key: await read(`${name}.key`), cert: await read(`${name}.pem`) };
  };
  try {
    await openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      '/CN=our own',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    const server = await sign('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    const client = await sign('client', 'extendedKeyUsage=clientAuth');
    return { ca: await readFile(join(folder, 'ca.pem'), 'utf8'), server, client };
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
