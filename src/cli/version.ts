/** "tiphys 0.1.0 (Node 26.10.0, linux-x64)": what a report of a bug needs. */
export function versionLine(version: string): string {
  return `tiphys ${version} (Node ${process.versions.node}, ${process.platform}-${process.arch})\n`;
}
