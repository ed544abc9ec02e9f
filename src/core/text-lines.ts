/**
 * The lines of a UTF-8 stream as they are complete, without empty ones; a last one without an end is dropped, because a
 * connection that broke off left it.
 * @param tooLong  what is thrown for a line of more than `mostLength` characters
 */
export async function* textLines(
  body: AsyncIterable<Uint8Array>,
  mostLength: number,
  tooLong: () => Error,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
    let part = first;
    for (const next of more) {
      const line = [...parts, part].join('');
      parts = [];
      length = 0;
      if (line !== '') yield line;
      part = next;
    }
    parts.push(part);
    length += part.length;
    if (length > mostLength) throw tooLong();
  }
}
