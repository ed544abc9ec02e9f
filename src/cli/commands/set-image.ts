import { type Command, Option } from 'commander';
import type { SetImageReport } from '../../core/set-image-report.ts';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { notEmpty, repeated } from '../flags.ts';
import { printable } from '../printable.ts';
import { renderDiff, renderPatch } from '../render/diff.ts';
import type { SetImageOptions, Work } from '../work.ts';

interface Flags {
  readonly filename?: readonly string[];
  readonly key?: string;
  readonly nameKey?: string;
  readonly tagKey?: string;
  readonly specKey?: string;
  readonly container?: string;
  readonly check?: true;
  readonly dryRun?: true;
  readonly allowMissing?: true;
}

interface AskedSetImage extends SetImageOptions {
  /** Whether a file that would change makes an exit code of its own. */
  readonly isCheck: boolean;
}

export const setImage: CliCommand = {
  name: 'set-image',
  description: 'set images in kustomizations, manifests, Helm values and Applications, and print the diff',
  examples: [
    { command: 'tiphys set-image acme/web=registry.example.com/web:1.4.2 -f k8s/', what: 'a kustomization' },
    { command: 'tiphys set-image acme/web:1.4.2 k8s/deployment.yaml', what: 'a manifest' },
    { command: 'tiphys set-image acme/web:1.4.2 -f values.yaml --key image.tag', what: 'Helm values' },
    { command: 'tiphys set-image acme/web:1.4.2 k8s/ --check', what: 'exit 1 when it would change something' },
  ],
  define(command, { request }) {
    command
      .argument('[IMAGE...]', '[NAME=]IMAGE, as to `kustomize edit set image`; the last one may be a path')
      .addOption(pathFlag())
      .addOption(keyFlag('--key <key>', "the key of the tag in Helm values, or the Helm parameter's name: image.tag"))
      .addOption(keyFlag('--tag-key <key>', 'the same').conflicts('key'))
      .addOption(keyFlag('--name-key <key>', "the key of the image's name: image.repository"))
      .addOption(keyFlag('--spec-key <key>', 'the key of the whole image').conflicts(['key', 'tagKey', 'nameKey']))
      .addOption(keyFlag('--container <name>', 'only containers of this name, in manifests'))
      .option('--check', 'write nothing; exit 1 when a file would change')
      .option('--dry-run', 'write nothing')
      .option('--allow-missing', 'nothing found to set is no error')
      .addHelpText('after', MEANING)
      .action((images: readonly string[], flags: Flags) => request(asked(images, flags, command), perform));
  },
};

const MEANING = `
NAME:TAG and NAME@DIGEST set the version of the image NAME; NAME=IMAGE:TAG gives it another name as well; "*" in
place of a part keeps it (NAME=*:TAG). NAME is what the files call the image. In a kustomization the entry becomes
what \`kustomize edit set image\` leaves; elsewhere the image becomes what \`kustomize build\` would make of it by
that entry. Of a folder the kustomization is meant, else its values.yaml with --key and the like, else the
manifests directly in it.

Exit codes: 0 done, 1 with --check when a file would change, 2 an error, for which nothing is written.`;

function pathFlag(): Option {
  return new Option(
    '-f, --filename <path>',
    'file or folder; may be repeated (default: the working directory)',
  ).argParser(repeated(notEmpty));
}

function keyFlag(flags: string, description: string): Option {
  return new Option(flags, description).argParser(notEmpty);
}

function asked(images: readonly string[], flags: Flags, command: Command): AskedSetImage {
  const { filename = [], key, nameKey, tagKey = key, specKey, container, check, dryRun, allowMissing = false } = flags;
  if (images.length === 0) command.error('error: name an image, as in NAME=IMAGE:TAG');
  return {
    images,
    filenames: filename,
    keys: {
      ...(nameKey === undefined ? {} : { name: nameKey }),
      ...(tagKey === undefined ? {} : { tag: tagKey }),
      ...(specKey === undefined ? {} : { spec: specKey }),
    },
    container,
    writes: !check && !dryRun,
    allowMissing,
    isCheck: check ?? false,
  };
}

async function perform(options: AskedSetImage, desk: Desk, work: Work): Promise<number> {
  const { isCheck, ...wanted } = options;
  const report = await work.setImage(wanted, desk.printer.signal);
  printSetImage(report, desk);
  return isCheck && report.files.some(({ diff }) => diff !== '') ? EXIT.changes : EXIT.ok;
}

function printSetImage({ files, remarks }: SetImageReport, { printer, palettes, toTerminal }: Desk): void {
  const changed = files.filter(({ diff }) => diff !== '');
  printer.print(
    toTerminal ? changed.map(({ diff }) => renderDiff(diff, palettes.stdout)).join('') : renderPatch(changed),
  );
  for (const { path } of files.filter(({ diff }) => diff === '')) {
    printer.complain(`${printable(path)} says it already\n`);
  }
  for (const remark of remarks) printer.complain(`${palettes.stderr.warning('note')}: ${printable(remark)}\n`);
}
