import { type ReadRules, readHandoffRules } from '../config/handoff/read-rules.ts';
import type { Settings } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { Failure } from '../core/failure.ts';
import type { HandoffRules } from '../core/handoff/rules.ts';
import { recent } from '../core/recent.ts';
import { findText } from './given-texts.ts';

/** So old rules may be: a request is answered by what stood in the file shortly before. */
const KEPT_MS = 2_000;

/**
 * What the rules of handoff.yaml are at any time: who edits the file, or the ConfigMap that is mounted there, need not
 * start Tiphys again. What is wrong then is told once, and what was right before goes on counting.
 * @param open  makes of them what is handed out, when they are read first and whenever they have changed
 * @throws {Failure} SETTING_INVALID with everything that is wrong at first, INPUT_UNREADABLE
 */
export async function followRules<T>(
  settings: Settings,
  open: (rules: HandoffRules) => T,
  failed: (error: unknown) => void,
): Promise<() => Promise<T>> {
  const find = () => findText(settings, CATALOGUE.handoffConfig);
  const first = await find();
  let { text } = first;
  let opened = open(rulesIn(first));
  let told = '';
  const follow = async () => {
    try {
      const found = await find();
      if (found.text !== text) opened = open(rulesIn(found));
      text = found.text;
      told = '';
    } catch (error) {
      if (String(error) !== told) failed(error);
      told = String(error);
    }
    return opened;
  };
  const followed = recent(follow, KEPT_MS, () => performance.now());
  const never = new AbortController().signal;
  return () => followed(never);
}

function rulesIn(found: Found): HandoffRules {
  const read = readFound(found);
  if (read.ok) return read.rules;
  const [first] = read.problems;
  const message = read.problems.map((problem) => problem.message).join('; ');
  const fix = [...new Set(read.problems.map((problem) => problem.fix))].join('; ');
  throw new Failure('SETTING_INVALID', message, { fix, object: first?.object ?? 'handoff.yaml' });
}

/** handoff.yaml as it was given, read. */
export async function findHandoffRules(settings: Settings): Promise<ReadRules> {
  return readFound(await findText(settings, CATALOGUE.handoffConfig));
}

type Found = Awaited<ReturnType<typeof findText>>;

function readFound({ text, origin }: Found): ReadRules {
  if (text !== undefined) return readHandoffRules(text, origin);
  const fix = 'write it, or name it by --handoff-config; docs/ci.md shows one';
  return {
    ok: false,
    problems: [{ code: 'INPUT_UNREADABLE', object: origin.file, message: 'there is no such file', fix }],
  };
}
