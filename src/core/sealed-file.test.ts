import { describe, expect, test } from 'vitest';
import { sealOf } from './sealed-file.ts';

const SOPS = `image:
    tag: 1.0.0
password: ENC[AES256_GCM,data:abc=,iv:def=,tag:ghi=,type:str]
sops:
    age: []
    mac: ENC[AES256_GCM,data:xyz=,iv:def=,tag:ghi=,type:str]
    version: 3.9.0
`;

describe('sealOf', () => {
  for (const [name, content, what] of [
    ['a plain file', 'image:\n  tag: 1.0.0\n', undefined],
    ['an empty file', '', undefined],
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      'a pointer of Git LFS',
    ],
    ['an old pointer', 'version https://hawser.github.com/spec/v1\noid sha256:4d7a\n', 'a pointer of Git LFS'],
    ['text about Git LFS', '# version https://git-lfs.github.com/spec/v1\n', undefined],
    ['git-crypt', '\0GITCRYPT\0\u0012\u00ff', 'encrypted by git-crypt'],
    ['sops, YAML', SOPS, 'encrypted by sops, which signs the plain values too'],
    [
      'sops, JSON',
      '{\n\t"image": "1.0.0",\n\t"sops": {\n\t\t"mac": "ENC[AES256_GCM,data:x]"\n\t}\n}\n',
      'encrypted by sops, which signs the plain values too',
    ],
    ['sops that signs only what it encrypts', `${SOPS}    mac_only_encrypted: true\n`, undefined],
    ['the configuration of sops', 'creation_rules:\n- age: age1abc\n', undefined],
    ['nothing but line ends, which takes no time', '\n'.repeat(10_000_000), undefined],
    ['a chart of sops itself', 'sops:\n  image: sops:1.0.0\n', undefined],
  ] as const) {
    test(name, () => expect(sealOf(Buffer.from(content, 'latin1'))?.what).toBe(what));
  }
});
