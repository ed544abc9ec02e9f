import { parseGoBoolean } from '../core/go-boolean.ts';
import { nearest } from '../core/nearest.ts';
import { type Annotations, findOwn, SETTINGS, type Setting } from './annotations/annotation-keys.ts';
import { type Checked, checked } from './remark.ts';
import { bad, type Written } from './written.ts';

/** Tiphys's own switches, which may stand on an Application, one of its images, or an ImageUpdater. */
export interface Switches {
  readonly suspended: boolean;
  readonly allowDowngrade: boolean;
}

export const NO_SWITCHES: Switches = { suspended: false, allowDowngrade: false };

/**
 * The switches of one image, by the Application's annotations and what stands above them. Whoever suspends, suspends;
 * for the other the nearest word counts.
 */
export function readSwitches(
  annotations: Annotations,
  alias: string | undefined,
  above: Switches,
): { readonly [K in keyof Switches]: Checked<boolean> } {
  const suspended = readSwitch(annotations, SETTINGS.suspend, undefined);
  const allowDowngrade = readSwitch(annotations, SETTINGS.allowDowngrade, alias);
  return {
    suspended: suspended.ok ? checked(suspended.value === true || above.suspended) : suspended,
    allowDowngrade: allowDowngrade.ok ? checked(allowDowngrade.value ?? above.allowDowngrade) : allowDowngrade,
  };
}

const VERSION_SOURCES = ['registry', 'handoff'];

/** Whether an Application is moved by hand-offs alone, and never because a registry has something newer. */
export function readHandoffOnly(annotations: Annotations): Checked<boolean> {
  const written = findOwn(annotations, SETTINGS.versionSource, undefined);
  if (!written || VERSION_SOURCES.includes(written.value)) return checked(written?.value === 'handoff');
  const meant = nearest(written.value, VERSION_SOURCES) ?? VERSION_SOURCES.join(' or ');
  return bad(written, `"${written.value}" is no source of versions`, `write ${meant}`);
}

/** A boolean: the image's own, else that of the whole object; undefined where neither is there. */
export function readSwitch(
  annotations: Annotations,
  setting: Setting,
  alias: string | undefined,
): Checked<boolean | undefined> {
  // A blank value is no boolean; only the image's own counts before that of the Application.
  const own = alias === undefined ? undefined : findOwn(annotations, setting, alias);
  return readFlag(own ?? findOwn(annotations, setting, undefined));
}

/** A boolean as text, as annotations hold it. */
export function readFlag(written: Written | undefined): Checked<boolean | undefined> {
  if (!written) return checked(undefined);
  const flag = parseGoBoolean(written.value);
  return flag.ok ? flag : bad(written, flag.problem, 'write "true" or "false", in quotes');
}
