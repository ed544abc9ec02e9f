import { isMap } from 'yaml';
import { allOf, type Editor, editText } from '../core/edits/edit-text.ts';
import { setPath, textAt } from '../core/edits/key-path.ts';
import { openYaml, type YamlFile } from '../core/edits/yaml-file.ts';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import type { Edited, TargetKind, WantedImage } from '../core/target.ts';
import { helmEntries, helmVersion } from './helm-keys.ts';
import type { Stated } from './image-texts.ts';
import { openTarget } from './open-target.ts';

interface Values {
  readonly yaml: YamlFile;
  readonly stated: Stated;
}

const HEADER = '# Created by Tiphys, which keeps the images below up to date.\n\n';

/**
 * A Helm values file: keys such as `image.tag` or `images[0].tag` say the version. Missing keys and a missing file are
 * created. Aliases of a value that is edited follow it, as YAML means them to; an alias at the key itself is replaced.
 */
export const helmValues: TargetKind = {
  id: 'helmvalues',
  open: (text, path) => {
    const blank = text === undefined || text.trim() === '';
    const file = openTarget(editor.parse(text ?? ''), path);
    return {
      read: ({ keys }) => helmVersion(keys, file.stated),
      edit: (wanted) => (blank ? create(text ?? '', wanted) : editText(editor, file, wanted)),
    };
  },
};

const editor: Editor<Values, WantedImage> = {
  parse: parseValues,
  plan: ({ yaml, stated }, wanted) =>
    allOf(helmEntries(wanted, stated).map(({ key, value }) => setPath(yaml, key, value))),
  says: ({ stated }, wanted) => helmEntries(wanted, stated).length === 0,
};

function parseValues(text: string): Parsed<Values> {
  const yaml = openYaml(text);
  if (!yaml.ok) return yaml;
  if (yaml.value.root && !isMap(yaml.value.root)) return unparsable('the document is not a mapping');
  return parsed({ yaml: yaml.value, stated: (key) => textAt(yaml.value, key) });
}

/** A file is only made when it has something to say. */
function create(before: string, wanted: readonly WantedImage[]): Edited {
  const edited = editText(editor, openTarget(parseValues(HEADER), 'a new file'), wanted);
  return edited.text === HEADER ? { ...edited, text: before } : edited;
}
