import { type FieldPath, formatFieldPath } from '../core/field-path.ts';
import { type Remark, refused } from './remark.ts';

/** A setting as somebody wrote it, and where. */
export interface Written<T = string> {
  /** The setting's name for people: "argocd-image-updater.argoproj.io/web.allow-tags", "spec.images[0].imageName". */
  readonly key: string;
  readonly value: T;
  readonly scope: Remark['scope'];
  readonly path: FieldPath;
  /** Whether a level above says something too, which does not count beside this. */
  readonly replaces?: true;
}

/** What stands in a field of an object, named by its path. */
export function writtenAt<T>(path: FieldPath, value: T): Written<T> {
  return { key: formatFieldPath(path), value, scope: 'image', path };
}

/** A remark about the setting, its name in front. */
export function remarkOn({ key, scope, path }: Written<unknown>, code: Remark['code'], problem: string, fix: string) {
  return { code, message: `${key}: ${problem}`, fix, scope, path };
}

export function bad(written: Written<unknown>, problem: string, fix: string) {
  return refused(remarkOn(written, 'CONFIG_INVALID', problem, fix));
}
