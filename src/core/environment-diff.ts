import { parseImageReference } from './reference.ts';

/** An image as an environment has it. */
export interface EnvironmentImage {
  /** What the environments share: the image's name in the manifests, or the key of Helm values that states it. */
  readonly name: string;
  /** "registry.example.com/web:1.4.2", or what the key says. */
  readonly image: string;
}

export interface Environment {
  /** As it was asked for. */
  readonly name: string;
  readonly images: readonly EnvironmentImage[];
  /** What could bring images too but cannot be read here, as phrases. */
  readonly unread: readonly string[];
}

/** What two environments have under one name, sorted; nothing where it is not there. */
interface ImageDifference {
  readonly name: string;
  readonly left: readonly string[];
  readonly right: readonly string[];
}

export interface EnvironmentDiff {
  readonly left: string;
  readonly right: string;
  readonly differences: readonly ImageDifference[];
  /** The names under which both have the same. */
  readonly same: readonly string[];
  readonly unread: readonly string[];
}

/**
 * Which images differ. An image that is in only one environment is the same as one of the other when they differ by
 * their registries alone.
 */
export function diffEnvironments(left: Environment, right: Environment): EnvironmentDiff {
  const rows = pairRegistries(rowsOf(left.images, right.images));
  return {
    left: left.name,
    right: right.name,
    differences: rows.filter((row) => !isSame(row)),
    same: rows.filter(isSame).map(({ name }) => name),
    unread: [...new Set([...left.unread, ...right.unread])],
  };
}

function rowsOf(left: readonly EnvironmentImage[], right: readonly EnvironmentImage[]): readonly ImageDifference[] {
  const [lefts, rights] = [byName(left), byName(right)];
  const names = [...new Set([...lefts.keys(), ...rights.keys()])].sort();
  return names.map((name) => ({ name, left: lefts.get(name) ?? [], right: rights.get(name) ?? [] }));
}

function byName(images: readonly EnvironmentImage[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(images, ({ name }) => name);
  return new Map([...groups].map(([name, group]) => [name, [...new Set(group.map(({ image }) => image))].sort()]));
}

function pairRegistries(rows: readonly ImageDifference[]): readonly ImageDifference[] {
  const lonely = rows.filter((row) => row.left.length === 0 || row.right.length === 0);
  const pairs = Map.groupBy(lonely, ({ name }) => repositoryOf(name));
  const paired = [...pairs].flatMap(([name, group]) => {
    const left = group.find((row) => row.left.length > 0)?.left;
    const right = group.find((row) => row.right.length > 0)?.right;
    return group.length === 2 && left && right ? [{ row: { name, left, right }, group }] : [];
  });
  const gone = new Set(paired.flatMap(({ group }) => group));
  return [...rows.filter((row) => !gone.has(row)), ...paired.map(({ row }) => row)].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function repositoryOf(name: string): string {
  const reference = parseImageReference(name);
  return reference.ok ? reference.value.repository : name;
}

function isSame({ left, right }: ImageDifference): boolean {
  return left.length === right.length && left.every((image, index) => image === right[index]);
}
