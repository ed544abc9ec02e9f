import { open } from 'node:fs/promises';
import { invalid } from '../credentials/invalid.ts';

/** Tokens and keys are small. */
const MOST_BYTES = 64 * 1024;

/**
 * A token or key from a file that the environment names, without blanks around it.
 * @throws {Failure} CREDENTIALS_INVALID
 */
export async function readIdentityFile(path: string, variable: string): Promise<string> {
  const place = `the file that ${variable} names`;
  let text: string;
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(MOST_BYTES + 1) });
    if (bytesRead > MOST_BYTES) throw invalid(place, `it is larger than ${MOST_BYTES} bytes`, `correct ${variable}`);
    text = buffer.subarray(0, bytesRead).toString().trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw invalid(place, `it cannot be read (${error.code})`, `mount it, or correct ${variable}`);
  }
  if (text === '') throw invalid(place, 'it is empty', `see what writes it, or correct ${variable}`);
  return text;
}
