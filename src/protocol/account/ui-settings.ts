import type { KnownOption } from './account-options.js';

/** A flag or option on which the value of a setting depends. */
export type SettingPart =
  | { readonly flag: number; readonly on: boolean }
  | { readonly option: KnownOption; readonly value: number };

/** A setting that the web client showed. */
export interface UiSettingSpec {
  readonly tab: string;
  readonly label: string;
  /** True for a setting that later versions of the web client did not have. */
  readonly removed?: boolean;
  /**
   * Flags and options of each value. Values are `on` and `off`, or words. The first value that matches the present
   * state counts.
   */
  readonly values: Readonly<Record<string, readonly SettingPart[]>>;
  /** The part of the exchange that uses it; undefined when it only affects a window. */
  readonly acts?: string;
}

/** Settings of the web client, by name. */
export const UI_SETTINGS = {
  notifications: { tab: 'Notifications', label: 'Notifications', values: whenClear(21) },
  sounds: { tab: 'Notifications', label: 'Sounds', values: whenClear(22) },
  webLinkPreviews: {
    tab: 'Messaging',
    label: 'Web link previews',
    values: whenClear(11),
    acts: 'Off: the account gets no information about linked pages.',
  },
  youtubePlayer: { tab: 'Messaging', label: 'YouTube player', values: whenSet(12) },
  mentionNotifications: { tab: 'Messaging', label: '@mention notifications', values: whenClear(13) },
  imagePaste: { tab: 'Messaging', label: 'Enable image paste', removed: true, values: whenSet(14) },
  typingIndicator: {
    tab: 'Messaging',
    label: 'Typing indicator',
    values: whenClear(20),
    acts: 'Off: typing notices are not sent.',
  },
  emoticonSuggestions: { tab: 'Messaging', label: 'Emoticon suggestions', values: whenSet(23) },
  emoticons: { tab: 'Messaging', label: 'Show emoticons', values: whenClear(24) },
  animatedEmoticons: { tab: 'Messaging', label: 'Show animated emoticons', values: whenClear(25) },
  largeEmoticons: { tab: 'Messaging', label: 'Show large emoticons', values: whenClear(26) },
  pinFavorites: { tab: 'Messaging', label: 'Pin favorites', removed: true, values: whenClear(27) },
  callsFrom: {
    tab: 'Privacy',
    label: 'Allow calls from',
    values: {
      anyone: [{ option: 'OPT_SKYPE_CALL_POLICY', value: 0 }],
      contacts: [{ option: 'OPT_SKYPE_CALL_POLICY', value: 2 }],
    },
    acts: 'Calls from others fail.',
  },
  videoFrom: {
    tab: 'Privacy',
    label: 'Allow video and screen sharing from',
    values: {
      nobody: [
        { flag: 16, on: true },
        { flag: 15, on: false },
      ],
      contacts: [
        { flag: 15, on: true },
        { flag: 16, on: false },
      ],
      anyone: [
        { flag: 15, on: false },
        { flag: 16, on: false },
      ],
    },
    acts: 'Calls from others have no video.',
  },
  darkTheme: { tab: 'Personalization', label: 'Dark theme', values: whenSet(28) },
} as const satisfies Readonly<Record<string, UiSettingSpec>>;

export type UiSettingName = keyof typeof UI_SETTINGS;

/** Value of each setting: true or false for `on` or `off`, a word for the others. */
export type UiSettings = {
  readonly [N in UiSettingName]: keyof (typeof UI_SETTINGS)[N]['values'] extends 'on' | 'off'
    ? boolean
    : Extract<keyof (typeof UI_SETTINGS)[N]['values'], string>;
};

/** Flags and options of an account, as far as settings use them. */
export interface SetParts {
  hasFlag(flag: number): boolean;
  /** Value of an option; undefined when it is not set. */
  option(name: KnownOption): number | undefined;
}

/**
 * Reads a setting from the flags and options of an account. The first value whose first part matches counts, so flag 16
 * goes before flag 15.
 */
export function readSetting<N extends UiSettingName>(name: N, set: SetParts): UiSettings[N] {
  const values: readonly (readonly [string, readonly SettingPart[]])[] = Object.entries(
    UI_SETTINGS[name].values,
  );
  const holds = (part: SettingPart) =>
    'flag' in part ? set.hasFlag(part.flag) === part.on : (set.option(part.option) ?? 0) === part.value;
  // Only the first part distinguishes a value from the values after it.
  const [value = ''] =
    values.find(([, [first]]) => first !== undefined && holds(first)) ?? values.at(-1) ?? [];
  return (value === 'on' || value === 'off' ? value === 'on' : value) as UiSettings[N];
}

/** Flags and options for a value of a setting; undefined for a value that it cannot have. */
export function settingParts(
  name: UiSettingName,
  value: boolean | string,
): readonly SettingPart[] | undefined {
  const word = typeof value === 'boolean' ? (value ? 'on' : 'off') : value;
  return Object.entries<readonly SettingPart[]>(UI_SETTINGS[name].values).find(
    ([each]) => each === word,
  )?.[1];
}

function whenSet(flag: number) {
  return { on: [{ flag, on: true }], off: [{ flag, on: false }] } as const;
}

function whenClear(flag: number) {
  return { on: [{ flag, on: false }], off: [{ flag, on: true }] } as const;
}
