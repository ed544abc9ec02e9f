const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Every word that one slip makes of `word`: a letter replaced, added or left out behind the first `from` letters. */
export function slipsOf(word: string, from = 0): string[] {
  const slips = new Set<string>();
  for (let at = from; at <= word.length; at++) {
    const [before, after] = [word.slice(0, at), word.slice(at)];
    slips.add(before + after.slice(1));
    for (const letter of LETTERS) {
      slips.add(before + letter + after);
      if (after !== '') slips.add(before + letter + after.slice(1));
    }
  }
  slips.delete(word);
  return [...slips];
}

/** Whether one letter replaced, added or left out makes `b` of `a`. */
export function isOneSlip(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  let same = 0;
  while (same < short.length && short[same] === long[same]) same += 1;
  return (
    a !== b &&
    long.length - short.length <= 1 &&
    long.slice(same + 1) === short.slice(same + (long.length > short.length ? 0 : 1))
  );
}
