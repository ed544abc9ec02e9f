import { canonicalName, type ImageName } from '../core/reference.ts';
import type { RepositoryIndex } from '../core/repository-index.ts';
import { keysUsing, type Survey } from './survey.ts';

/** What is asked for before anybody knows who uses it. */
export interface EarlyAsks {
  /** Whatever may be asked for: anything, as long as it can be remembered. */
  readonly used: RepositoryIndex;
  ask(pushed: ImageName): void;
  /** The Applications that were meant, once; all of them, when more was pushed than could be remembered. */
  take(survey: Survey): readonly string[];
}

const MOST = 1_000;

export function openEarlyAsks(): EarlyAsks {
  const asked = new Map<string, ImageName>();
  let isTooMuch = false;
  const hasRoom = (name: string) => asked.size < MOST || asked.has(name);
  return {
    used(pushed) {
      if (hasRoom(canonicalName(pushed))) return [pushed];
      isTooMuch = true;
      return [];
    },
    ask(pushed) {
      const name = canonicalName(pushed);
      if (hasRoom(name)) asked.set(name, pushed);
    },
    take(survey) {
      const meant = [...asked.values()].flatMap(survey.used).flatMap((image) => keysUsing(survey, image));
      const keys = isTooMuch ? [...survey.byKey.keys()] : meant;
      asked.clear();
      isTooMuch = false;
      return keys;
    },
  };
}
