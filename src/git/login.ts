/** User and password as they travel. RFC 7617. */
export function basicText(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

/** What stands before the "@" of a URL, decoded; "" where nothing does. */
export function loginOf({ username, password }: URL): { readonly username: string; readonly password: string } {
  return { username: decode(username), password: decode(password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone "%" stands for itself
  }
}
