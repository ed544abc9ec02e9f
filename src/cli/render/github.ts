import type { Finding } from '../../core/finding.ts';

/**
 * Findings as commands of GitHub Actions, which shows them beside the lines that they speak of.
 * @see GitHub Docs, "Workflow commands for GitHub Actions", setting an error message
 */
export function renderGithub(findings: readonly Finding[]): string {
  return findings.map(renderCommand).join('');
}

function renderCommand({ severity, code, place, object, message, fix }: Finding): string {
  const properties = {
    ...(place && { file: place.file, line: String(place.line), col: String(place.column) }),
    title: `${object} (${code})`,
  };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  return `::${severity} ${written.join(',')}::${escapeData(`${message}\nfix: ${fix}`)}\n`;
}

// The runner knows these escapes and no others.
const ESCAPES: Readonly<Record<string, string>> = {
  '%': '%25',
  '\r': '%0D',
  '\n': '%0A',
  ':': '%3A',
  ',': '%2C',
};

function escapeData(text: string): string {
  return text.replace(/[%\r\n]/g, (character) => ESCAPES[character] ?? character);
}

function escapeProperty(text: string): string {
  return text.replace(/[%\r\n:,]/g, (character) => ESCAPES[character] ?? character);
}
