/**
 * What `work` makes of each item, in their order, at most `most` of them at a time.
 * @throws what the first work throws that fails; what is in flight then goes on unheard
 */
export async function mapBounded<A, B>(
  items: readonly A[],
  most: number,
  work: (item: A) => Promise<B>,
): Promise<readonly B[]> {
  const results: B[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
