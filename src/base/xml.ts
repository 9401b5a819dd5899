/**
 * Makes text safe inside an element or an attribute of XML. A character that XML 1.0 forbids, which no reference can
 * stand for, becomes U+FFFD.
 */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}

/** The text without its XML tags. A `<` that no `>` follows is text. */
export function withoutTags(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
    const close = text.indexOf('>', open);
    if (close < 0) break;
    parts.push(text.slice(at, open));
    at = close + 1;
  }
  parts.push(text.slice(at));
  return parts.join('');
}
