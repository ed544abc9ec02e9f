import { expect, test } from 'vitest';
import { parseRegistriesConf } from './registries-conf.ts';

const PLAIN = 'http://cache.example.com:5000';

function entry(name: string, apiUrl: string, more = ''): string {
  return `- {name: ${name}, prefix: ${name}.example.com, api_url: '${apiUrl}'${more}}\n`;
}

const mirrored = (mirror: string, more = '') =>
  entry('r', 'https://r.example.com', `, mirrors: ['${mirror}'${more === '' ? ']' : `], ${more}`}`);

for (const [what, text, expected] of [
  ['HTTPS', mirrored('https://m.example.com'), undefined],
  ['plain HTTP to this machine', mirrored('http://127.0.0.1:5000'), undefined],
  ['plain HTTP that an entry of its own wants', mirrored(PLAIN) + entry('cache', PLAIN, ', insecure: true'), undefined],
  ['plain HTTP that nobody wants', mirrored(PLAIN), /registries\[0\]\.mirrors is plain HTTP.*http:\/\/cache.*insecure/],
  ["plain HTTP, whatever is said of the registry's own certificate", mirrored(PLAIN, 'insecure: true'), /plain HTTP/],
] as const) {
  test(`a mirror may ${expected === undefined ? '' : 'not '}be ${what}`, () => {
    const result = parseRegistriesConf(`registries:\n${text}`);
    const told = result.ok ? '' : result.problems.map((one) => `${one.object} ${one.message}; ${one.fix}`).join('\n');
    if (expected === undefined) expect(told).toBe('');
    else expect(told).toMatch(expected);
  });
}
