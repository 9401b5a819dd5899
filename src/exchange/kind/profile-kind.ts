import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import { PROFILE } from '../../protocol/catalogue/user.js';
import { decodeProperty } from '../../protocol/values.js';
import { getAvatar } from '../api/answer-indexed.js';
import { Refusal } from '../api/refusal.js';
import { type Asking, kindOf, type Setter, type WritableProperty } from '../object/object-kind.js';
import { impliedByMood } from '../people/mood.js';

/** The PROFILE object (reference, "PROFILE object"): the user's own data, and all properties of that USER. */
export const profileKind = kindOf<'PROFILE', Asking, 'USER'>({
  object: 'PROFILE',
  find: (asking) => asking,
  inherits: 'USER',
  value: (asking, property) =>
    asking.user.profile.get(property) ??
    asking.services.people.sight.value(asking.user, asking.user.handle, property),
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
    // A client cannot empty a property that is not text.
    decodeProperty('PROFILE', property, value);
    services.people.setProfile(user, { [property]: value, ...impliedByMood(property, value) });
    return value;
  };
}

function sendToVoicemail(asking: Asking, profile: Asking, value: string): ReturnType<Setter<Asking>> {
  if (!asking.user.hasVoicemail) throw new Refusal('no-voicemail-privilege');
  return setter('CALL_SEND_TO_VM')(asking, profile, value);
}
