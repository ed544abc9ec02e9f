// Another process on the same store: `node store-writer.ts PATH FIRST COUNT`.
import { parseDigest, parseTag } from '../../src/core/reference.ts';
import { openStore } from '../../src/store/open-store.ts';

const [path = '', first = '0', count = '0'] = process.argv.slice(2);
const problems: unknown[] = [];
await using store = openStore({ path, warn: (problem) => problems.push(problem) });
const key = { name: 'registry.example/acme/shop', viewer: 'anonymous' };
for (let number = Number(first); number < Number(first) + Number(count); number += 1) {
  const tag = parseTag(`1.0.${number}`);
  const digest = parseDigest(`sha256:${String(number).padStart(64, '0')}`);
  if (!tag.ok || !digest.ok) throw new Error('made up a wrong name');
  await store.keepTag(key, tag.value, digest.value, 1_000 + number);
  await store.keepContent(key, digest.value, `content ${number}`, 1_000 + number);
}
process.stdout.write(JSON.stringify(problems));
