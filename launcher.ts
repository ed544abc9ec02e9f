// What dist/tiphys.js is made of. Any Node since 14 has to be able to read this file, so that one which is too old
// gets as far as saying so: no syntax and no import that is younger, and the program itself behind a lazy import.
// biome-ignore-start lint/style/useNodejsImportProtocol: the prefix is younger than 14
import module from 'module';
import os from 'os';
import path from 'path';

// biome-ignore-end lint/style/useNodejsImportProtocol: as above

/** Set by build.ts from "engines" in package.json. */
declare const NEEDED_NODE_MAJOR: number;

const found = process.versions.node;
if (Number.parseInt(found, 10) < NEEDED_NODE_MAJOR) {
  process.stderr.write(
    `tiphys: this is Node ${found}, but Node ${NEEDED_NODE_MAJOR} or later is needed: ` +
      `run "npm ci" and then "npm exec -- tiphys ...", or install Node ${NEEDED_NODE_MAJOR}\n`,
  );
  process.exitCode = 2;
} else {
  // Not below the temporary folder, where others could leave code for us to run.
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  module.enableCompileCache(process.env['NODE_COMPILE_CACHE'] || path.join(cache, 'tiphys', 'compile'));
  void import('./src/main.ts');
}
