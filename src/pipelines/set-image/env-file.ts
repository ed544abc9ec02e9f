/** What a build has written down about its image; undefined where it has not. */
export interface BuiltImage {
  /** IMAGE_NAME, "registry.example.com/acme/web". */
  readonly name: string | undefined;
  /** IMAGE_TAG */
  readonly tag: string | undefined;
}

const LINE = /^\s*(?:export\s+)?(IMAGE_NAME|IMAGE_TAG)\s*=\s*(.*?)\s*$/;

/**
 * Reads a file of `NAME=value` lines, as GitLab's dotenv reports are. Nothing in it is evaluated: a value is the text
 * behind the first "=", without the quotes around it. The last line of a name counts.
 */
export function readEnvFile(text: string): BuiltImage {
  const values = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, unquoted(value));
  }
  return { name: values.get('IMAGE_NAME') || undefined, tag: values.get('IMAGE_TAG') || undefined };
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}

/**
 * The image arguments with what they leave out: without any argument it is the built image itself; a name without a
 * tag is given the built one, and, where it is the only argument, also the built image's name.
 */
export function completeArguments(images: readonly string[], { name, tag }: BuiltImage): readonly string[] {
  if (images.length === 0) return name === undefined ? [] : [tagged(name, tag)];
  return images.map((image) => {
    const [own = '', ...rest] = image.split('=');
    const stated = rest.join('=');
    if (stated !== '') return `${own}=${tagged(stated, tag)}`;
    if (isTagged(own)) return own;
    const isRenamed = images.length === 1 && name !== undefined && name !== own;
    return isRenamed ? `${own}=${tagged(name, tag)}` : tagged(own, tag);
  });
}

function tagged(image: string, tag: string | undefined): string {
  return tag === undefined || isTagged(image) ? image : `${image}:${tag}`;
}

/** A colon in the last part of the path: before it stands a registry's port. */
function isTagged(image: string): boolean {
  return image.includes('@') || (image.split('/').at(-1) ?? '').includes(':');
}
