/** Returns the protocol and host of an address. The rest may hold secrets: tokens are in paths and queries. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : 'an address';
}
