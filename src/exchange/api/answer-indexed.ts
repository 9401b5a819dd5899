import { messageOf } from '../../base/errors.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { BUILT_IN_RINGTONE, type ExchangeUser } from '../exchange-user.js';
import { isPicture, MAX_PICTURE_BYTES, noPicture } from '../picture.js';
import { standStill } from '../stand-still.js';
import { checkText } from '../wire-value.js';
import { errorReply, Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

/** The one picture and the one ring tone that there are. */
const INDEX = '1';

/** `GET RINGTONE 1`: its file; `GET RINGTONE 1 STATUS`: whether it is on. */
export function getRingtone({ ringtone }: ExchangeUser, argument: string): EndpointMessage {
  const [index, what] = splitIndexed(argument);
  if (index !== INDEX && index !== '') throw new Refusal('invalid-ringtone');
  if (what === '') return ringtoneIs(ringtone.file);
  if (what.toUpperCase() === 'STATUS') return ringtoneIs(ringtone.on ? 'ON' : 'OFF');
  throw new Refusal('invalid-ringtone');
}

/**
 * `SET RINGTONE 1 <file>`, a WAV file in the folders for FILE or the built-in one; and `SET RINGTONE 1 STATUS ON|OFF`,
 * which leaves the file alone.
 */
export function setRingtone(
  services: Services,
  user: ExchangeUser,
  value: string,
): EndpointMessage | Promise<EndpointMessage> {
  const { ringtone } = user;
  const [index, what] = splitIndexed(value);
  if (index !== INDEX) throw new Refusal('invalid-ringtone');
  if (what === '') throw new Refusal('file-not-found');
  const changed = (change: () => void, told: string) => {
    change();
    services.saveUser(user);
    return ringtoneIs(told);
  };
  const [first, status] = splitIndexed(what);
  if (first.toUpperCase() === 'STATUS') {
    const word = status.toUpperCase();
    if (word !== 'ON' && word !== 'OFF') throw new Refusal('invalid-ringtone');
    return changed(() => {
      ringtone.on = word === 'ON';
    }, word);
  }
  taking('invalid-ringtone', () => checkText('RINGTONE', what));
  const take = () =>
    changed(() => {
      ringtone.file = what;
    }, what);
  if (what === BUILT_IN_RINGTONE) return take();
  return standStill(services.clock, services.files.look(what).catch(refuseFile)).then(take);
}

/**
 * `GET AVATAR 1 <file>`, `GET USER <handle> AVATAR 1 <file>`: saves a picture. Resolves to the value of the answer,
 * which is the argument.
 *
 * @param owner undefined for a robot, which has none of its own.
 */
export function getAvatar(
  services: Services,
  owner: ExchangeUser | undefined,
  argument: string,
): Promise<string> {
  return standStill(services.clock, savePicture(services, owner, argument)).then(() => argument);
}

/** `SET AVATAR 1 <file>`: takes the picture from a file. */
export function setAvatar(services: Services, user: ExchangeUser, value: string): Promise<EndpointMessage> {
  const reply = replies.parameter('AVATAR', value);
  return standStill(services.clock, takePicture(services, user, value)).then(() => reply);
}

/**
 * Resolves when a wallpaper's file is there, in the folders for FILE: a PNG, JPG or BMP, by its extension. Refused in the
 * words of the reference's example.
 *
 * @throws Refusal
 */
export function findWallpaper({ clock, files }: Services, path: string): Promise<void> {
  const isPictureName = /\.(png|jpe?g|bmp)$/i.test(path);
  const found = isPictureName ? files.look(path) : Promise.reject(new Error('no picture'));
  const refuse = () => {
    throw new Refusal(errorReply('file-not-found', 'SET File not found'));
  };
  return standStill(clock, found.catch(refuse));
}

async function savePicture(
  { files }: Services,
  owner: ExchangeUser | undefined,
  argument: string,
): Promise<void> {
  const path = pictureFile(argument);
  const picture = owner?.picture ?? (await noPicture());
  await files.write(path, picture).catch(refuseFile);
}

async function takePicture({ files, people }: Services, user: ExchangeUser, argument: string): Promise<void> {
  const path = pictureFile(argument);
  // An archive of Skype's own, in a format that is not documented.
  if (/\.skype(:\d+)?$/i.test(path)) throw new Refusal('internal-avatar');
  const picture = await files.read(path, MAX_PICTURE_BYTES).catch(refuseFile);
  if (!isPicture(picture)) throw new Refusal('invalid-avatar');
  people.setPicture(user, picture);
}

/** @throws Refusal for another index, or where no file is named. */
function pictureFile(argument: string): string {
  const [index, path] = splitIndexed(argument);
  if (index !== INDEX) throw new Refusal('invalid-avatar');
  if (path === '') throw new Refusal('file-not-found');
  return path;
}

function refuseFile(error: unknown): never {
  throw new Refusal('file-not-found', messageOf(error).replace(/\s+/g, ' '));
}

function ringtoneIs(what: string): EndpointMessage {
  return replies.parameter('RINGTONE', `${INDEX} ${what}`);
}

/** `1 C:\kitten.jpg`: the number, and what follows it. */
function splitIndexed(text: string): [index: string, rest: string] {
  const trimmed = text.trim();
  const blank = trimmed.indexOf(' ');
  return blank < 0 ? [trimmed, ''] : [trimmed.slice(0, blank), trimmed.slice(blank).trim()];
}
