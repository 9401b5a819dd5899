import { withoutTags } from '../../base/xml.js';

/** Other properties that a mood also sets (reference, "SET PROFILE MOOD_TEXT"). */
export function impliedByMood(property: string, value: string): Readonly<Record<string, string>> {
  if (property === 'RICH_MOOD_TEXT') return { MOOD_TEXT: withoutTags(value) };
  return property === 'MOOD_TEXT' ? { RICH_MOOD_TEXT: '' } : {};
}
