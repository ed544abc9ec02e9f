import { expect, test } from 'vitest';
import { completeArguments, readEnvFile } from './env-file.ts';

for (const [text, name, tag] of [
  ['IMAGE_TAG=abc123\n', undefined, 'abc123'],
  ['IMAGE_NAME=r.example.com/web\r\nIMAGE_TAG=1.0\r\n', 'r.example.com/web', '1.0'],
  ['export IMAGE_TAG="1.0"\n', undefined, '1.0'],
  ["\uFEFFIMAGE_TAG='1.0'", undefined, '1.0'],
  ['IMAGE_TAG=1\nIMAGE_TAG=2\n', undefined, '2'],
  ['IMAGE_TAG=$(id)\n', undefined, '$(id)'],
  ['IMAGE_TAG=\n# IMAGE_NAME=x\nMY_IMAGE_TAG=3\nIMAGE_TAG_2=3\n', undefined, undefined],
  ['', undefined, undefined],
] as const) {
  test(`${JSON.stringify(text)} says ${name} and ${tag}`, () => expect(readEnvFile(text)).toEqual({ name, tag }));
}

const BUILT = { name: 'r.example.com:5000/web', tag: 'abc' };
for (const [images, built, expected] of [
  [[], BUILT, ['r.example.com:5000/web:abc']],
  [[], { name: 'web:1', tag: 'abc' }, ['web:1']],
  [[], { name: undefined, tag: 'abc' }, []],
  [['web'], BUILT, ['web=r.example.com:5000/web:abc']],
  [['web='], BUILT, ['web=r.example.com:5000/web:abc']],
  [['r.example.com:5000/web'], BUILT, ['r.example.com:5000/web:abc']],
  [['web', 'api'], BUILT, ['web:abc', 'api:abc']],
  [['web=new'], BUILT, ['web=new:abc']],
  [['web=*'], BUILT, ['web=*:abc']],
  [['web=new:1'], BUILT, ['web=new:1']],
  [['web=new@sha256:00'], BUILT, ['web=new@sha256:00']],
  [['web:1'], BUILT, ['web:1']],
  [['web'], { name: undefined, tag: undefined }, ['web']],
] as const) {
  test(`${JSON.stringify(images)} with ${JSON.stringify(built)} is ${expected}`, () => {
    expect(completeArguments(images, built)).toEqual(expected);
  });
}
