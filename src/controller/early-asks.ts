import { canonicalName, type ImageName } from '../core/reference.ts';
import { keysUsing, type Survey } from './survey.ts';

/** What is asked for before anybody knows who uses it. */
export interface EarlyAsks {
  ask(pushed: ImageName): void;
  /** The Applications that were meant, once; all of them, when more was asked for than could be remembered. */
  take(survey: Survey): readonly string[];
}

const MOST = 1_000;

export function openEarlyAsks(): EarlyAsks {
  const asked = new Map<string, ImageName>();
  let isTooMuch = false;
  return {
    ask(pushed) {
      const name = canonicalName(pushed);
      if (asked.size < MOST) asked.set(name, pushed);
      else if (!asked.has(name)) isTooMuch = true;
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
