import type { Problem } from '../core/failure.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import { collectInputs } from './collect.ts';
import { type Input, readInputs, readText } from './read-inputs.ts';
import { type Manifests, readManifests } from './read-manifests.ts';

export interface FileSourceOptions {
  /** Files, folders (read recursively) and "-" for standard input. */
  readonly paths: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Where relative paths start. */
  readonly cwd: string;
  /** The namespace of objects that name none, asked for at every load. */
  readonly argocdNamespace: () => string;
}

/**
 * Applications from manifests: YAML or JSON, several documents, lists, and what `kubectl get applications -A -o yaml`
 * prints. Every load reads the files afresh; standard input, which ends only once, is kept, and so is what an
 * unchanged text was parsed to.
 */
export function fileSource({ paths, stdin, cwd, argocdNamespace }: FileSourceOptions): ApplicationSource {
  let stdinText: Promise<string> | undefined;
  const readStdin = (): Promise<string> => {
    stdinText ??= readText(stdin);
    return stdinText;
  };
  let before: ReadonlyMap<string, ReadInput> = new Map();
  return {
    async load(signal) {
      const files = await readInputs(paths, cwd, readStdin, signal);
      const read = files.inputs.map((input) => readAgain(input, before.get(input.place)));
      before = new Map(read.map((now) => [now.input.place, now]));
      const contents = read.map(({ content }) => content);
      return withoutNone(collectInputs(files, contents, argocdNamespace()));
    },
  };
}

interface ReadInput {
  readonly input: Input;
  readonly content: Manifests;
}

function readAgain(input: Input, before: ReadInput | undefined): ReadInput {
  return before?.input.text === input.text ? before : { input, content: readManifests(input) };
}

/** Nothing at all to work on is a failure, unless one that says why is there already. */
function withoutNone(loaded: Applications): Applications {
  if (loaded.applications.length > 0 || loaded.failures.length > 0) return loaded;
  const none: Problem = {
    code: 'NO_APPLICATIONS',
    object: '-f',
    message: 'no Application (argoproj.io/v1alpha1) was found in what was given',
    fix: 'give the manifests of your Applications: kubectl get applications -A -o yaml | tiphys plan -f -',
  };
  return { ...loaded, failures: [none] };
}
