import { inspect } from 'node:util';

/**
 * The secret of all tests, alone or within longer ones; in lower case, since names of hosts end so. Nothing that comes
 * out of the program may hold it: processes are searched for it where tests start them (`run`), failures where clients
 * of registries throw them (`testRegistries`), state folders where they are removed (`startWorld`), and all that a test
 * run prints by the reporter, which fails the run.
 */
export const CANARY = 'c4n4ryplanted1ntests';

// Base64 of a text depends on what stands before it: cut so that each of the three beginnings is found.
const IN_BASE64 = ['', 'x', 'xx'].map((before) => Buffer.from(`${before}${CANARY}`).toString('base64').slice(4, -4));
const FORMS = [CANARY, ...IN_BASE64];
const LONGEST = Math.max(...FORMS.map((form) => form.length));

/** Whether a text holds the canary, in clear or within base64. */
export function holdsCanary(text: string): boolean {
  return FORMS.some((form) => text.includes(form));
}

/** @throws {Error} that says where it was found, and not what */
export function expectNoCanary(where: string, text: string): void {
  if (holdsCanary(text)) throw new Error(`${where} holds a planted secret`);
}

/** Searches all that goes through these streams from now on. @returns  whether the canary came along */
export function watchForCanary(streams: readonly NodeJS.WriteStream[]): () => boolean {
  let hasCome = false;
  for (const stream of streams) {
    let before = '';
    stream.write = new Proxy(stream.write, {
      apply(write, self, args) {
        const text = `${before}${Buffer.from(args[0]).toString('latin1')}`;
        hasCome ||= holdsCanary(text);
        before = text.slice(-LONGEST);
        return Reflect.apply(write, self, args);
      },
    });
  }
  return () => hasCome;
}

/** Everything that a failure could be printed as. */
export function printedError(error: unknown): string {
  return inspect(error, { depth: 12, showHidden: true });
}
