import type { Untyped } from '../core/untyped.ts';
import { invalidAnswer } from './api-failure.ts';
import { parseObject } from './parse-object.ts';

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** An item stands in the list, which stands in the document. */
const ITEM_DEPTH = 3;
// etcd takes 1.5 MiB unless it is told otherwise.
const MOST_ITEM_BYTES = 16 * 1024 * 1024;

/**
 * Reads a document with `items` as it arrives, and hands on each of them alone: a page of a list is never in memory as a
 * whole, neither as text nor parsed.
 * @returns  the document with no items in it; undefined when it is no JSON object
 * @throws {Failure} CLUSTER_INVALID_ANSWER for an item without end
 */
export async function readList(
  body: AsyncIterable<Uint8Array>,
  each: (item: Untyped) => void,
): Promise<Untyped | undefined> {
  const scanner = new ListScanner(each);
  for await (const chunk of body) scanner.push(chunk);
  return scanner.rest();
}

/** Finds where items begin and end. UTF-8 has the bytes of JSON's signs nowhere else. */
class ListScanner {
  readonly #each: (item: Untyped) => void;
  #rest = '';
  readonly #decoder = new TextDecoder();
  /** What came of an item in earlier chunks. */
  #item: Uint8Array[] = [];
  #itemBytes = 0;
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #isInItems = false;

  constructor(each: (item: Untyped) => void) {
    this.#each = each;
  }

  push(chunk: Uint8Array): void {
    // Where the part of the chunk begins that is not taken yet: of an item, or of what is around the items.
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#isText) this.#readText(byte);
      else if (byte === QUOTE) this.#isText = true;
      else if (byte === OPEN || byte === OPEN_LIST) from = this.#open(chunk, from, at);
      else if (byte === CLOSE || byte === CLOSE_LIST) from = this.#close(chunk, from, at);
    }
    if (!this.#isInItems) this.#takeRest(chunk, from, chunk.length);
    // The transport may use the chunk's memory again.
    else if (this.#depth >= ITEM_DEPTH) this.#take(chunk.slice(from));
  }

  #open(chunk: Uint8Array, from: number, at: number): number {
    this.#depth += 1;
    if (this.#isInItems) return this.#depth === ITEM_DEPTH ? at : from;
    if (this.#depth !== ITEM_DEPTH - 1) return from;
    this.#takeRest(chunk, from, at + 1);
    this.#isInItems = /"items"\s*:\s*\[$/.test(this.#rest);
    return at + 1;
  }

  #close(chunk: Uint8Array, from: number, at: number): number {
    this.#depth -= 1;
    if (!this.#isInItems || this.#depth >= ITEM_DEPTH) return from;
    if (this.#depth === ITEM_DEPTH - 1) {
      this.#take(chunk.subarray(from, at + 1));
      this.#endItem();
      return at + 1;
    }
    this.#isInItems = false;
    return at;
  }

  #take(part: Uint8Array): void {
    this.#item.push(part);
    this.#itemBytes += part.length;
    if (this.#itemBytes > MOST_ITEM_BYTES) throw invalidAnswer('an item of a list');
  }

  #takeRest(chunk: Uint8Array, from: number, to: number): void {
    this.#rest += this.#decoder.decode(chunk.subarray(from, to), { stream: true });
    if (this.#rest.length > MOST_ITEM_BYTES) throw invalidAnswer('a list');
  }

  rest(): Untyped | undefined {
    return parseObject(this.#rest);
  }

  #readText(byte: number | undefined): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isText = false;
  }

  #endItem(): void {
    const [first, ...more] = this.#item;
    const bytes = first === undefined || more.length > 0 ? Buffer.concat(this.#item) : first;
    this.#item = [];
    this.#itemBytes = 0;
    const item = parseObject(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    if (item) this.#each(item);
  }
}
