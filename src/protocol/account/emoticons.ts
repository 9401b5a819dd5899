import { entryOf } from '../../base/entry-of.js';

/** One emoticon of the static set. */
export interface EmoticonSpec {
  /** Texts that it replaces. */
  readonly shortcuts: readonly string[];
  /** True when it is shown in the picker. */
  readonly isVisible: boolean;
}

/** Names shown in the picker (reference, "SET PROFILE RICH_MOOD_TEXT"). */
const VISIBLE =
  `smile sad laugh cool surprised wink cry sweat speechless kiss tongueout blush wonder sleepy snooze dull
  inlove talk yawn puke doh angry wasntme party worry mmm nerdy lipssealed hi call devil angel envy wait hug makeup giggle
  clap think bow rofl whew happy smirk nod shake punch emo no yes handshake skype heart brokenheart mail flower rain sun
  time music movie phone coffee pizza cash muscle beer drink dance ninja star`.split(/\s+/);
/** Names of hidden emoticons. */
const HIDDEN = 'mooning finger bandit smoke toivo rock headbang poolparty swear bug fubar tmi'.split(' ');

/** Shortcuts other than the name in parentheses. */
const SHORTCUTS: Readonly<Record<string, readonly string[]>> = {
  smile: [':)', ':-)'],
  sad: [':(', ':-('],
  laugh: [':D', ':-D'],
  cool: ['8-)'],
  surprised: [':O', ':-O'],
  wink: [';)', ';-)'],
  cry: [';('],
  speechless: [':|', ':-|'],
  kiss: [':*', ':-*'],
  tongueout: [':P', ':-P'],
  lipssealed: [':x', ':-x'],
  heart: ['<3'],
};

/**
 * Releases of the set, the oldest first, with the names of each. A published release is never changed; a change makes a
 * new release.
 */
export const EMOTICON_RELEASES: readonly (readonly string[])[] = [VISIBLE, [...VISIBLE, ...HIDDEN]];

/** The emoticon of a name. */
export function emoticon(name: string): EmoticonSpec {
  const others = entryOf(SHORTCUTS, name) ?? [];
  return { shortcuts: [`(${name})`, ...others], isVisible: VISIBLE.includes(name) };
}
