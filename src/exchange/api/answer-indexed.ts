import { messageOf } from '../../base/errors.js';
import type { EndpointMessage, GetParameterCommand, SetParameterCommand } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { ExchangeUser } from '../exchange-user.js';
import { isPicture, MAX_PICTURE_BYTES, noPicture } from '../picture.js';
import { standStill } from '../stand-still.js';
import { checkText } from '../wire-value.js';
import { Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

/** The one picture and the one ring tone that there are. */
const INDEX = '1';

/** `GET RINGTONE 1`: its file; `GET RINGTONE 1 STATUS`: whether it is on. */
export function getRingtone({ ringtone }: ExchangeUser, { argument }: GetParameterCommand): EndpointMessage {
  const [index, what] = splitIndexed(argument);
  if (index !== INDEX && index !== '') throw new Refusal('invalid-ringtone');
  if (what === '') return ringtoneIs(ringtone.file);
  if (what.toUpperCase() === 'STATUS') return ringtoneIs(ringtone.on ? 'ON' : 'OFF');
  throw new Refusal('invalid-ringtone');
}

/** `SET RINGTONE 1 <file>`, and `SET RINGTONE 1 STATUS ON|OFF`, which leaves the file alone. */
export function setRingtone(
  services: Services,
  user: ExchangeUser,
  { value }: SetParameterCommand,
): EndpointMessage {
  const answer = changeRingtone(user, value);
  services.saveUser(user);
  return answer;
}

function changeRingtone({ ringtone }: ExchangeUser, value: string): EndpointMessage {
  const [index, what] = splitIndexed(value);
  if (index !== INDEX) throw new Refusal('invalid-ringtone');
  if (what === '') throw new Refusal('file-not-found');
  const [first, status] = splitIndexed(what);
  if (first.toUpperCase() !== 'STATUS') {
    ringtone.file = taking('invalid-ringtone', () => checkText('RINGTONE', what));
    return ringtoneIs(what);
  }
  const word = status.toUpperCase();
  if (word !== 'ON' && word !== 'OFF') throw new Refusal('invalid-ringtone');
  ringtone.on = word === 'ON';
  return ringtoneIs(word);
}

/**
 * `GET AVATAR 1 <file>`, `GET USER <handle> AVATAR 1 <file>`: saves a picture. Resolves to the value of the answer,
 * which is the argument.
 *
 * @param owner nobody for a robot, which has none of its own.
 */
export function getAvatar(
  services: Services,
  owner: ExchangeUser | undefined,
  argument: string,
): Promise<string> {
  return standStill(services.clock, savePicture(services, owner, argument)).then(() => argument);
}

/** `SET AVATAR 1 <file>`: takes the picture from a file. */
export function setAvatar(
  services: Services,
  user: ExchangeUser,
  { value }: SetParameterCommand,
): Promise<EndpointMessage> {
  const reply = replies.parameter('AVATAR', value);
  return standStill(services.clock, takePicture(services, user, value)).then(() => reply);
}

/** Resolves when a wallpaper's file is there, in the folders for FILE. @throws Refusal */
export function findWallpaper({ clock, files }: Services, path: string): Promise<void> {
  return standStill(clock, files.look(path).catch(refuseFile));
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

async function takePicture(
  { files, saveUser }: Services,
  user: ExchangeUser,
  argument: string,
): Promise<void> {
  const picture = await files.read(pictureFile(argument), MAX_PICTURE_BYTES).catch(refuseFile);
  if (!isPicture(picture)) throw new Refusal('invalid-avatar');
  user.setPicture(picture);
  saveUser(user);
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
