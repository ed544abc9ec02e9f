import { describe, expect, test } from 'vitest';
import { BYTES_EACH, largeApplication } from '../../bench/large-application.ts';
import { keepApplication } from './kept-objects.ts';

const IMAGES = { host: 'registry.example', repositories: 1, tagOf: () => '1.2.3' };

/** As it comes from the API server. */
function read(nth: number) {
  return JSON.parse(JSON.stringify(largeApplication(nth, IMAGES)));
}

describe('keepApplication', () => {
  test('keeps less than a tenth of an Application of 9 KiB', () => {
    const kept = keepApplication(read(0));
    expect(kept.ok).toBe(true);
    expect(JSON.stringify(kept).length).toBeLessThan(BYTES_EACH / 10);
  });

  test('leaves out the copy of the object that kubectl puts there', () => {
    const object = read(0);
    object.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'] = JSON.stringify(object);
    expect(keepApplication(object)).toEqual(keepApplication(read(0)));
  });
});
