import type { Problem } from '../../core/failure.ts';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { outputFlag } from '../flags.ts';
import {
  addImageTestFlags,
  type GivenImage,
  type ImageTestFlags,
  imageTestOptions,
  notesOn,
} from '../image-test-flags.ts';
import { renderJson, renderYaml } from '../render/documents.ts';
import { imageTestDocument, renderImageTests } from '../render/image-tests.ts';
import { renderProblems } from '../render/problems.ts';
import type { ImageTestOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json', 'yaml'] as const;
type Format = (typeof FORMATS)[number];

type Flags = ImageTestFlags & { readonly output: Format };

interface TestOptions extends ImageTestOptions {
  /** What was given and plays no part. */
  readonly notes: readonly Problem[];
  readonly output: Format;
}

export const test: CliCommand = {
  name: 'test',
  description: 'try a policy on images: which tag would be chosen, and why',
  examples: [
    { command: 'tiphys test nginx --semver-constraint "~1.27"', what: 'what Docker Hub has for a constraint' },
    { command: 'tiphys test ghcr.io/acme/web --update-strategy newest-build --ignore-tags "*-rc*"', what: 'by age' },
    { command: 'git tag | tiphys test acme/web --tags - --allow-tags "regexp:^v[0-9]"', what: 'without a registry' },
  ],
  define(command, { request }) {
    addImageTestFlags(command);
    command.addOption(outputFlag(FORMATS)).action((images: readonly GivenImage[], flags: Flags) => {
      const options: TestOptions = {
        ...imageTestOptions(images, flags, command),
        notes: notesOn(images, flags),
        output: flags.output,
      };
      request(options, perform);
    });
  },
};

async function perform(options: TestOptions, desk: Desk, work: Work): Promise<number> {
  const { printer, palettes } = desk;
  const { notes, output, ...asked } = options;
  const made = await work.testImages(asked, printer.signal);
  const report = { ...made, warnings: [...notes, ...made.warnings] };
  if (output === 'json') printer.print(renderJson(imageTestDocument(report)));
  else if (output === 'yaml') printer.print(await renderYaml(imageTestDocument(report)));
  else printer.print(renderImageTests(report.tests, palettes.stdout));
  printer.complain(renderProblems(report, palettes.stderr));
  return report.failures.length > 0 ? EXIT.testFailed : EXIT.ok;
}
