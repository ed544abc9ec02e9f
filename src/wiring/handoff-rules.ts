import { type ReadRules, readHandoffRules } from '../config/handoff/read-rules.ts';
import type { Settings } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { Failure } from '../core/failure.ts';
import type { HandoffRules } from '../core/handoff/rules.ts';
import { findText } from './inputs.ts';

/** @throws {Failure} SETTING_INVALID with everything that is wrong, INPUT_UNREADABLE */
export async function readRules(settings: Settings): Promise<HandoffRules> {
  const read = await findHandoffRules(settings);
  if (read.ok) return read.rules;
  const [first] = read.problems;
  const message = read.problems.map((problem) => problem.message).join('; ');
  const fix = [...new Set(read.problems.map((problem) => problem.fix))].join('; ');
  throw new Failure('SETTING_INVALID', message, { fix, object: first?.object ?? 'handoff.yaml' });
}

/** handoff.yaml as it was given, read. */
export async function findHandoffRules(settings: Settings): Promise<ReadRules> {
  const { text, origin } = await findText(settings, CATALOGUE.handoffConfig);
  if (text !== undefined) return readHandoffRules(text, origin);
  const fix = 'write it, or name it by --handoff-config; docs/ci.md shows one';
  return {
    ok: false,
    problems: [{ code: 'INPUT_UNREADABLE', object: origin.file, message: 'there is no such file', fix }],
  };
}
