/**
 * The text with stars in the place of each secret, also where a server quotes it in a URL, in JSON or in HTML. Whoever
 * wants to hide a secret in a text can: this is against those who repeat what they were sent.
 */
export function blotOut(text: string, secrets: readonly string[]): string {
  // Each once, since stars may be in a secret, too; and the longest first, for those that begin like another one.
  const spellings = new Set(secrets.filter((secret) => secret !== '').flatMap(spellingsOf));
  return [...spellings]
    .sort((one, other) => other.length - one.length)
    .reduce((rest, spelling) => rest.replaceAll(spelling, '***'), text);
}

// No expressions are made of secrets: whatever an engine says of one that it does not like, it quotes it.
function spellingsOf(secret: string): readonly string[] {
  const text = secret.toWellFormed();
  const inForm = new URLSearchParams([['', text]]).toString().slice(1);
  const inUrls = [encodeURIComponent(text), encodeURI(text), inForm];
  const inHtml = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const small = (url: string) => url.replace(/%../g, (byte) => byte.toLowerCase());
  return [
    secret,
    ...inUrls,
    ...inUrls.map(small),
    JSON.stringify(secret).slice(1, -1),
    inHtml,
    ...['&#39;', '&#x27;', '&apos;'].map((quote) => inHtml.replaceAll("'", quote)),
  ];
}
