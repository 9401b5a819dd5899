import { entryOf } from '../../base/entry-of.js';

/** One emoticon of the static set. */
export interface EmoticonSpec {
  /** Texts that stand for it. */
  readonly shortcuts: readonly string[];
  /** True for one that is shown in the picker. */
  readonly isVisible: boolean;
}

/** Names that are shown (reference, "SET PROFILE RICH_MOOD_TEXT"). */
const VISIBLE =
  `smile sad laugh cool surprised wink cry sweat speechless kiss tongueout blush wonder sleepy snooze dull
  inlove talk yawn puke doh angry wasntme party worry mmm nerdy lipssealed hi call devil angel envy wait hug makeup giggle
  clap think bow rofl whew happy smirk nod shake punch emo no yes handshake skype heart brokenheart mail flower rain sun
  time music movie phone coffee pizza cash muscle beer drink dance ninja star`.split(/\s+/);
/** Names that have to be known. */
const HIDDEN = 'mooning finger bandit smoke toivo rock headbang poolparty swear bug fubar tmi'.split(' ');

/** Shortcuts besides the name in parentheses. */
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

/** Releases of the set, the oldest first: the names that each has. A release is never changed; a change is another one. */
export const EMOTICON_RELEASES: readonly (readonly string[])[] = [VISIBLE, [...VISIBLE, ...HIDDEN]];

/** The emoticon of a name. */
export function emoticon(name: string): EmoticonSpec {
  const others = entryOf(SHORTCUTS, name) ?? [];
  return { shortcuts: [`(${name})`, ...others], isVisible: VISIBLE.includes(name) };
}
