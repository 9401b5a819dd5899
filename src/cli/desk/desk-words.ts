import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { ClickOptions, Desk } from '../../exchange.js';

/** A command of the desk. */
interface DeskWord {
  /** Usage in the help: `press <keys>`. */
  readonly usage: string;
  readonly help: string;
  /** Carries it out. @param rest The text after the command, trimmed. */
  does(desk: Desk, rest: string): unknown;
}

const call = (text: string) => (text === '' ? undefined : numberOf(text));

/** All commands of `jackfield desk`, by their first word. */
export const DESK_WORDS: Readonly<Record<string, DeskWord>> = {
  call: {
    usage: 'call <target> ...',
    help: 'call a user or a phone number; several make a conference',
    does: (desk, rest) => desk.call(...wordsOf(rest)),
  },
  answer: { usage: 'answer [call]', help: 'answer a call', does: (desk, rest) => desk.answer(call(rest)) },
  refuse: { usage: 'refuse [call]', help: 'refuse a call', does: (desk, rest) => desk.refuse(call(rest)) },
  hangup: { usage: 'hangup [call]', help: 'end a call', does: (desk, rest) => desk.hangUp(call(rest)) },
  hold: { usage: 'hold [call]', help: 'hold a call', does: (desk, rest) => desk.hold(call(rest)) },
  resume: {
    usage: 'resume [call]',
    help: 'resume a held call',
    does: (desk, rest) => desk.resume(call(rest)),
  },
  voicemail: {
    usage: 'voicemail [call]',
    help: 'send a call that rings to voicemail',
    does: (desk, rest) => desk.toVoicemail(call(rest)),
  },
  press: {
    usage: 'press <keys>',
    help: 'press keys: 0 to 9 # * +, YES, NO, ...',
    does: (desk, rest) => desk.press(rest),
  },
  mute: { usage: 'mute', help: 'mute the microphone', does: (desk) => desk.mute(true) },
  unmute: { usage: 'unmute', help: 'unmute the microphone', does: (desk) => desk.mute(false) },
  focus: {
    usage: 'focus [contact]',
    help: 'move the focus to a contact, or to none',
    does: (desk, rest) => desk.focus(rest),
  },
  click: {
    usage: 'click <item> [contact=<handle>] [call=<number>] [chat=<id>] [program=<name>]',
    help: 'click a menu item of a program',
    does: click,
  },
  alert: {
    usage: 'alert <id>',
    help: 'click an alert of a program',
    does: (desk, rest) => desk.clickAlert(rest),
  },
  type: {
    usage: 'type <handle or chat> <text>',
    help: 'write into a chat',
    does(desk, rest) {
      const [to = ''] = wordsOf(rest);
      return desk.type(to, rest.slice(to.length).trim());
    },
  },
  send: {
    usage: 'send <contact> <file>',
    help: 'send a file of the folder for files',
    does(desk, rest) {
      const [to = ''] = wordsOf(rest);
      return desk.files.send(to, rest.slice(to.length).trim());
    },
  },
  accept: {
    usage: 'accept [transfer]',
    help: 'accept a file',
    does: (desk, rest) => desk.files.accept(rest === '' ? {} : { id: numberOf(rest) }),
  },
  pause: {
    usage: 'pause [transfer]',
    help: 'pause a file',
    does: (desk, rest) => desk.files.pause(call(rest)),
  },
  continue: {
    usage: 'continue [transfer]',
    help: 'resume a file',
    does: (desk, rest) => desk.files.resume(call(rest)),
  },
  cancel: {
    usage: 'cancel [transfer]',
    help: 'refuse a file, or cancel its transfer',
    does: (desk, rest) => desk.files.cancel(call(rest)),
  },
  open: {
    usage: 'open <window or skype: URI> [argument]',
    help: 'open a window or a skype: link',
    does(desk, rest) {
      const [what = ''] = wordsOf(rest);
      return desk.open(/^skype:/i.test(what) ? what : what.toUpperCase(), rest.slice(what.length).trim());
    },
  },
  close: {
    usage: 'close <window> [argument]',
    help: 'close a window',
    does(desk, rest) {
      const [what = '', argument] = wordsOf(rest);
      desk.close(what.toUpperCase(), argument);
    },
  },
  status: {
    usage: 'status <status>',
    help: 'ONLINE, AWAY, DND, INVISIBLE, ...',
    does: (desk, rest) => desk.setStatus(rest.toUpperCase()),
  },
  language: {
    usage: 'language <code>',
    help: 'language of the window',
    does: (desk, rest) => desk.setLanguage(rest),
  },
  wallpaper: {
    usage: 'wallpaper [file]',
    help: 'set the wallpaper to a picture in the folders of --files; without a name, remove it',
    does: (desk, rest) => desk.setWallpaper(rest),
  },
  silent: {
    usage: 'silent on|off',
    help: 'silent mode',
    does: (desk, rest) => desk.setSilentMode(isOn(rest)),
  },
  window: {
    usage: 'window <state>',
    help: 'NORMAL, MINIMIZED, MAXIMIZED, HIDDEN',
    does: (desk, rest) => desk.setWindowState(rest.toUpperCase()),
  },
  yes: { usage: 'yes [question]', help: 'answer a question', does: (desk, rest) => reply(desk, rest, true) },
  no: { usage: 'no [question]', help: 'answer a question', does: (desk, rest) => reply(desk, rest, false) },
};

/** Carries out a typed line. @throws ERR_SYNTAX for an unknown command; errors of the desk. */
export async function typeAtDesk(desk: Desk, line: string): Promise<void> {
  const [word = ''] = wordsOf(line);
  const known = entryOf(DESK_WORDS, word.toLowerCase());
  if (!known) {
    throw new JackfieldError('ERR_SYNTAX', `There is no word "${word}": type help for a list.`);
  }
  await known.does(desk, line.trim().slice(word.length).trim());
}

function click(desk: Desk, rest: string): void {
  const [item = '', ...more] = wordsOf(rest);
  const named = new Map(
    more.map((word) => {
      const [, name = '', value = ''] = /^(contact|call|chat|program)=(.+)$/.exec(word) ?? [];
      if (name === '')
        throw new JackfieldError(
          'ERR_SYNTAX',
          `"${word}" must begin with contact=, call=, chat= or program=.`,
        );
      return [name, name === 'call' ? numberOf(value) : value] as const;
    }),
  );
  desk.click(item, Object.fromEntries(named) as ClickOptions);
}

function reply(desk: Desk, rest: string, yes: boolean): void {
  const id = call(rest) ?? desk.state.questions[0]?.id;
  if (id === undefined) throw new JackfieldError('ERR_INVALID_STATE', 'No question is open.');
  desk.reply(id, yes);
}

function isOn(text: string): boolean {
  if (!/^(on|off)$/i.test(text)) throw new JackfieldError('ERR_SYNTAX', 'Give on or off.');
  return text.toLowerCase() === 'on';
}

function numberOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new JackfieldError('ERR_SYNTAX', `"${text}" is not a number.`);
  return Number(text);
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
