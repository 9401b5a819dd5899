/** The part of an address that is no secret: tokens are in paths and queries. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : 'an address';
}
