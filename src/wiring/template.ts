import type { Work } from '../cli/work.ts';
import { type Preview, previewTemplate as preview, templateKinds } from '../core/commits/template-kinds.ts';
import { Failure } from '../core/failure.ts';
import { readOneFile } from './given-texts.ts';

export async function previewTemplate(...[options, signal]: Parameters<Work['previewTemplate']>): Promise<Preview> {
  const kind = templateKinds.find(({ id }) => id === options.kind);
  if (!kind) throw new Error(`no kind of template ${options.kind}`);
  const text = options.file === undefined ? kind.defaultText : await readOneFile(options.file, signal);
  if (text === undefined) {
    const fix = 'give a file, or - for standard input';
    throw new Failure('SETTING_INVALID', `there is no default template of kind ${kind.id}`, { fix, object: 'FILE' });
  }
  if (options.data === undefined) return preview(kind, text, undefined);
  const json = await readOneFile(options.data, signal);
  try {
    return preview(kind, text, JSON.parse(json));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'bad-data', problem: error.message };
  }
}
