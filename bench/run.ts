// Measures what Tiphys promises, here and now, as ratios within one run: `npm run bench [-- PART…]`.
import { measureCluster } from './cluster.ts';
import { measureController } from './controller.ts';
import { measureGit } from './git.ts';
import { measureHistory } from './history.ts';
import { measureLine } from './line.ts';
import { measureEdits, measureTags } from './pure.ts';
import { measureScans } from './scans.ts';
import { measureSetImage } from './set-image.ts';
import { type Row, table } from './table.ts';
import { measureWebhooks } from './webhook.ts';

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  line: measureLine,
  webhook: measureWebhooks,
  scans: measureScans,
  history: measureHistory,
  git: measureGit,
  'set-image': measureSetImage,
  cluster: measureCluster,
  controller: measureController,
  pure: async () => [...measureTags(), ...measureEdits()],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((part) => !Object.hasOwn(PARTS, part));
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
for (const [part, measure] of Object.entries(PARTS)) {
  if (asked.length === 0 || asked.includes(part)) console.log(table(await measure()));
}
console.log('Times are medians; ratios compare with the floor above them.');
