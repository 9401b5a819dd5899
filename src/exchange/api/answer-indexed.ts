import { messageOf } from '../../base/errors.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { BUILT_IN_RINGTONE, type ExchangeUser } from '../exchange-user.js';
import { isPicture, MAX_PICTURE_BYTES, noPicture } from '../picture.js';
import { standStill } from '../stand-still.js';
import { checkText } from '../wire-value.js';
import { errorReply, Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

/** Index of the only picture and the only ring tone. */
const INDEX = '1';

/** Answers `GET RINGTONE 1` with the file, and `GET RINGTONE 1 STATUS` with ON or OFF. */
export function getRingtone({ ringtone }: ExchangeUser, argument: string): EndpointMessage {
  const [index, what] = splitIndexed(argument);
  if (index !== INDEX && index !== '') throw new Refusal('invalid-ringtone');
  if (what === '') return ringtoneIs(ringtone.file);
  if (what.toUpperCase() === 'STATUS') return ringtoneIs(ringtone.on ? 'ON' : 'OFF');
  throw new Refusal('invalid-ringtone');
}

/**
 * Answers `SET RINGTONE 1 <file>`, with a WAV file in the folders for FILE or the built-in tone, and `SET RINGTONE 1
 * STATUS ON|OFF`, which does not change the file.
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
 * Saves a picture for `GET AVATAR 1 <file>` and `GET USER <handle> AVATAR 1 <file>`. Resolves to the value of the
 * answer, which is the argument.
 *
 * @param owner Undefined for a robot, which has no picture of its own.
 */
export function getAvatar(
  services: Services,
  owner: ExchangeUser | undefined,
  argument: string,
): Promise<string> {
  return standStill(services.clock, savePicture(services, owner, argument)).then(() => argument);
}

/** Answers `SET AVATAR 1 <file>`: reads the picture from a file. */
export function setAvatar(services: Services, user: ExchangeUser, value: string): Promise<EndpointMessage> {
  const reply = replies.parameter('AVATAR', value);
  return standStill(services.clock, takePicture(services, user, value)).then(() => reply);
}

/**
 * Resolves when the wallpaper's file exists in the folders for FILE and is a PNG, JPG or BMP by its extension. A
 * refusal has the text of the reference's example.
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
  // Skype's own archive, whose format is not documented.
  if (/\.skype(:\d+)?$/i.test(path)) throw new Refusal('internal-avatar');
  const picture = await files.read(path, MAX_PICTURE_BYTES).catch(refuseFile);
  if (!isPicture(picture)) throw new Refusal('invalid-avatar');
  people.setPicture(user, picture);
}

/** Gives the file that the argument names. @throws Refusal for another index, or without a file. */
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

/** Splits `1 C:\kitten.jpg` into the index and the rest. */
function splitIndexed(text: string): [index: string, rest: string] {
  const trimmed = text.trim();
  const blank = trimmed.indexOf(' ');
  return blank < 0 ? [trimmed, ''] : [trimmed.slice(0, blank), trimmed.slice(blank).trim()];
}
