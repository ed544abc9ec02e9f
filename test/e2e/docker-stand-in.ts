// Plays `docker build` and `docker push` to pipelines, on machines without containers: what is pushed is a real image of
// one small file, by the distribution API.

import { parseImageReference } from '../../src/core/reference.ts';
import { tinyImage } from '../../src/demo/tiny-image.ts';
import { pushImage } from './push-image.ts';

const [command, ...args] = process.argv.slice(2);
if (command === 'push') {
  const read = parseImageReference(args.at(-1) ?? '');
  if (!read.ok) throw new Error(read.problem);
  const { registry, repository, tag = 'latest' } = read.value;
  await pushImage({ host: registry }, repository, [tag], tinyImage({ created: new Date(0) }, tag));
}
