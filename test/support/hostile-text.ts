/** What must not come out of any publisher's text, wherever in a line it is put. */
export const COMMANDS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a line end or an unseen character', /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u],
  ['a marker that skips a build', /\[|\]|\*\*\*NO_CI\*\*\*|skip-checks\s*:/i],
  ['a mention', /@/],
  ['a reference to an issue or a command', /[#!&%$~^][\p{L}\p{N}"_]/u],
  ["an issue of Jira or GitHub's long form", /\b[A-Z][A-Z0-9_]*-\d/],
  ['an address', /:\/\/|\bwww\./i],
  ['a quick action', /^\s*\//],
  ['a trailer', /^[A-Za-z0-9-]+\s*:/],
  ['a trailer of ours', /tiphys-change\s*:/i],
];

/** Texts that a publisher may try, and what is left of them. */
export const HOSTILE: readonly (readonly [text: string, harmless: string, why: string])[] = [
  ['1.2.3', '1.2.3', 'nothing to take out'],
  ['The web shop of Acme, \u00fcber alles', 'The web shop of Acme, \u00fcber alles', 'people write as they like'],
  ['a\r\nb\u2028c\td', 'a b c d', 'one line'],
  ['\u202egnp.exe\u202c a\u200bb \u{e0041}', 'gnp.exe ab', 'nothing that cannot be seen'],
  ['done [skip ci]', 'done skip ci', 'GitHub and GitLab build all the same'],
  ['[\u200bskip ci]', 'skip ci', 'also when something unseen stands in it'],
  ['***NO_CI***', 'NO_CI', 'Azure DevOps builds all the same'],
  ['skip-checks: true', 'skip-checks true', 'GitHub checks all the same'],
  ['skip-checks:: true', 'skip-checks true', 'and is not fooled by half of it'],
  ['thanks @torvalds and @acme/all', 'thanks (at)torvalds and (at)acme/all', 'nobody is called'],
  ['fixes #1, closes acme/x#2', 'fixes 1, closes acme/x 2', 'GitHub'],
  ['##1 !!2 #!3', '1 2 3', 'not by taking half of it out either'],
  ['closes !7 &8 %9 ~bug $3', 'closes 7 8 9 bug 3', 'GitLab'],
  ['fixes AB#12', 'fixes AB 12', 'Azure DevOps'],
  ['SHOP-12 #close #time 2d', 'SHOP 12 close time 2d', 'smart commits of Jira'],
  ['fixes GH-4', 'fixes GH 4', 'the long form of GitHub'],
  ['fixes https://github.com/acme/x/issues/1', 'fixes github.com/acme/x/issues/1', 'an issue by its address'],
  ['hthttps://tps://x', 'x', 'not by taking the inner one out'],
  ['/merge', 'merge', 'a quick action'],
  [' / /close', 'close', 'behind blanks'],
  ['Signed-off-by: Linus', 'Signed-off-by Linus', 'a trailer'],
  ['Tiphys-Change: argocd/shop web x - -> 2 f', 'Tiphys-Change argocd/shop web x - -> 2 f', 'a trailer of ours'],
  ['> # - * quote', 'quote', 'no heading, no quotation'],
];
