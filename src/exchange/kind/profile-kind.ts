import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import { PROFILE } from '../../protocol/catalogue/user.js';
import { decodeProperty } from '../../protocol/values.js';
import { getAvatar } from '../api/answer-indexed.js';
import { Refusal } from '../api/refusal.js';
import { type Asking, kindOf, type Setter, type WritableProperty } from '../object/object-kind.js';
import { userValue } from './user-kind.js';

/** The PROFILE object (reference, "PROFILE object"): the user's own data, and every property that he has as a USER. */
export const profileKind = kindOf<'PROFILE', Asking, 'USER'>({
  object: 'PROFILE',
  find: (asking) => asking,
  inherits: 'USER',
  value: (asking, property) =>
    asking.user.profile.get(property) ?? userValue(asking, asking.user.handle, property),
  get: {
    AVATAR: ({ services, user }, _profile, argument) => getAvatar(services, user, argument),
  },
  set: { ...settersOfAll(), CALL_SEND_TO_VM: sendToVoicemail },
});

function settersOfAll(): Readonly<Record<WritableProperty<'PROFILE'>, Setter<Asking>>> {
  return Object.fromEntries(
    Object.entries<PropertySpec>(PROFILE.properties)
      .filter(([, { access }]) => access === 'read-write')
      .map(([property]) => [property, setter(property as WritableProperty<'PROFILE'>)]),
  ) as Record<WritableProperty<'PROFILE'>, Setter<Asking>>;
}

function setter(property: WritableProperty<'PROFILE'>): Setter<Asking> {
  return ({ services, user }, _profile, value) => {
    // What is no text cannot be emptied by a client.
    decodeProperty('PROFILE', property, value);
    user.setProfile({ [property]: value, ...impliedBy(property, value) });
    services.saveUser(user);
    return value;
  };
}

function sendToVoicemail(asking: Asking, profile: Asking, value: string): ReturnType<Setter<Asking>> {
  if (!asking.user.settings.voicemail) throw new Refusal('no-voicemail-privilege');
  return setter('CALL_SEND_TO_VM')(asking, profile, value);
}

/** Properties that a value sets besides its own (reference, "SET PROFILE MOOD_TEXT"). */
function impliedBy(property: string, value: string): Readonly<Record<string, string>> {
  if (property === 'RICH_MOOD_TEXT') return { MOOD_TEXT: withoutTags(value) };
  return property === 'MOOD_TEXT' ? { RICH_MOOD_TEXT: '' } : {};
}

/** The text without its XML tags. A `<` that no `>` follows is text. */
function withoutTags(text: string): string {
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
