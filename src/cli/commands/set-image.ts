import { type Command, Option } from 'commander';
import type { CliCommand, CommandContext } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { closedSet, notEmpty, repeated } from '../flags.ts';
import { handOn } from '../hand-on.ts';
import { printSetImage, SET_IMAGE_FORMATS, type SetImageFormat } from '../render/set-image.ts';
import { addGitFlags, type GitFlags, gitOptions } from '../set-image-git.ts';
import type { SetImageOptions, Work } from '../work.ts';

interface Flags extends GitFlags {
  readonly filename?: readonly string[];
  readonly key?: string;
  readonly nameKey?: string;
  readonly tagKey?: string;
  readonly specKey?: string;
  readonly container?: string;
  readonly from?: string;
  readonly check?: true;
  readonly dryRun?: true;
  readonly allowMissing?: true;
  readonly envFile?: string;
  readonly failIfSuperseded?: true;
  readonly output: SetImageFormat;
}

interface AskedSetImage extends SetImageOptions {
  /** Whether a file that would change makes an exit code of its own. */
  readonly isCheck: boolean;
  readonly failsIfSuperseded: boolean;
  readonly output: SetImageFormat;
  /** Where GitHub reads the outputs of a step. */
  readonly githubOutput: string | undefined;
}

export const setImage: CliCommand = {
  name: 'set-image',
  description: 'set images in kustomizations, manifests, Helm values and Applications, and print the diff',
  details: [
    'NAME:TAG and NAME@DIGEST set the version of the image NAME; NAME=IMAGE:TAG gives it another name as well; "*" in ' +
      'place of a part keeps it (NAME=*:TAG). NAME is what the files call the image. In a kustomization the entry ' +
      'becomes what `kustomize edit set image` leaves; elsewhere the image becomes what `kustomize build` would make ' +
      'of it by that entry. Of a folder the kustomization is meant, else its values.yaml with --key and the like, ' +
      'else the manifests directly in it.',
    'Exit codes: 0 done, 1 with --check when a file would change and with --fail-if-superseded when a newer build ' +
      'has set it, 2 an error, for which nothing is written.',
  ],
  examples: [
    { command: 'tiphys set-image acme/web=registry.example.com/web:1.4.2 -f k8s/', what: 'a kustomization' },
    { command: 'tiphys set-image acme/web:1.4.2 k8s/deployment.yaml', what: 'a manifest' },
    { command: 'tiphys set-image acme/web:1.4.2 -f values.yaml --key image.tag', what: 'Helm values' },
    { command: 'tiphys set-image acme/web:1.4.2 k8s/ --check', what: 'exit 1 when it would change something' },
    { command: 'tiphys set-image --from releases.yaml', what: 'several environments, each with its own tags' },
    { command: 'tiphys set-image acme/web:1.4.2 k8s/ --repo https://github.com/acme/deploy', what: 'without a clone' },
    { command: 'tiphys set-image acme/web:1.4.2 k8s/ --commit --push', what: 'in a checkout, as a pipeline has it' },
  ],
  define(command, context) {
    command
      .argument('[IMAGE...]', '[NAME=]IMAGE, as to `kustomize edit set image`; the last one may be a path')
      .addOption(pathFlag())
      .addOption(keyFlag('--key <key>', "the key of the tag in Helm values, or the Helm parameter's name: image.tag"))
      .addOption(keyFlag('--tag-key <key>', 'the same').conflicts('key'))
      .addOption(keyFlag('--name-key <key>', "the key of the image's name: image.repository"))
      .addOption(keyFlag('--spec-key <key>', 'the key of the whole image').conflicts(['key', 'tagKey', 'nameKey']))
      .addOption(keyFlag('--container <name>', 'only containers of this name, in manifests'))
      .addOption(fromFlag())
      .option('--check', 'write nothing; exit 1 when a file would change')
      .option('--dry-run', 'write nothing')
      .option('--allow-missing', 'nothing found to set is no error')
      .addOption(
        new Option('--env-file <file>', 'IMAGE_NAME and IMAGE_TAG of it count where IMAGE has none').argParser(
          notEmpty,
        ),
      )
      .option('--fail-if-superseded', 'exit 1 when a newer build has set it')
      .addOption(
        closedSet(
          new Option('-o, --output <format>', 'the diff, or what became of it, for later steps').default('diff'),
          SET_IMAGE_FORMATS,
        ),
      );
    addGitFlags(command);
    command.action((images: readonly string[], flags: Flags) => {
      context.request(asked(images, flags, command, context), perform);
    });
  },
};

function pathFlag(): Option {
  return new Option(
    '-f, --filename <path>',
    'file or folder; may be repeated (default: the working directory)',
  ).argParser(repeated(notEmpty));
}

function fromFlag(): Option {
  return new Option(
    '--from <file>',
    'paths with images of their own, in YAML or JSON (docs/ci.md); - for standard input',
  )
    .argParser(notEmpty)
    .conflicts(['filename', 'key', 'tagKey', 'nameKey', 'specKey', 'container', 'envFile']);
}

function keyFlag(flags: string, description: string): Option {
  return new Option(flags, description).argParser(notEmpty);
}

function asked(images: readonly string[], flags: Flags, command: Command, context: CommandContext): AskedSetImage {
  const {
    filename = [],
    key,
    nameKey,
    tagKey = key,
    specKey,
    container,
    from,
    check,
    dryRun,
    allowMissing = false,
    envFile,
  } = flags;
  if (from !== undefined && images.length > 0) command.error('error: --from names the images; give none beside it');
  if (images.length === 0 && (from ?? envFile) === undefined) {
    command.error('error: name an image, as in NAME=IMAGE:TAG');
  }
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
    from,
    envFile,
    git: gitOptions(flags, command, context),
    isCheck: check ?? false,
    failsIfSuperseded: flags.failIfSuperseded ?? false,
    output: flags.output,
    githubOutput: context.env['GITHUB_OUTPUT'] || undefined,
  };
}

async function perform(options: AskedSetImage, desk: Desk, work: Work): Promise<number> {
  const { isCheck, failsIfSuperseded, output, githubOutput, ...wanted } = options;
  const report = await work.setImage(wanted, desk.printer.signal);
  await handOn(printSetImage(report, output, desk), { output, githubOutput }, desk, work);
  if (failsIfSuperseded && report.superseded.length > 0) return EXIT.superseded;
  return isCheck && report.files.some(({ diff }) => diff !== '') ? EXIT.changes : EXIT.ok;
}
