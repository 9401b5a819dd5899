import { checkArgument, line } from '../../base/check.js';
import { checkObjectId } from '../../protocol/commands.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { RemoteObject } from '../state/remote-object.js';

const TEXT = line(0, 10_000);

/** A USER object: a contact or any other user. Made by {@link Client.user} and `client.contacts`. */
export class User extends RemoteObject<'USER'> {
  /** @internal */
  constructor(handle: string, sender: CommandSender) {
    super('USER', checkObjectId('USER', handle, 'handle'), sender);
  }

  /** Presence as last reported, such as `ONLINE`; undefined before the first report. */
  get presence(): string | undefined {
    return this.heard('ONLINESTATUS');
  }

  /**
   * Makes the user a contact, and asks for authorisation. BUDDYSTATUS is 2 until the user agrees, then 3.
   *
   * @param text Text that the user reads.
   * @throws ERR_API 518, 519
   */
  async add(text = '', options?: CommandOptions): Promise<void> {
    checkArgument('text', text, TEXT);
    await this.setText('BUDDYSTATUS', text === '' ? '2' : `2 ${text}`, options);
  }

  /** Removes the user from the contacts. @throws ERR_API 519 */
  async remove(options?: CommandOptions): Promise<void> {
    await this.setText('BUDDYSTATUS', '1', options);
  }

  /** Lets the user see the current user's status, and answers a request for that. @throws ERR_API 517 */
  async authorise(options?: CommandOptions): Promise<void> {
    await this.set('ISAUTHORIZED', true, options);
  }

  /** Refuses a request, or withdraws the authorisation of {@link authorise}. @throws ERR_API 517 */
  async dismiss(options?: CommandOptions): Promise<void> {
    await this.set('ISAUTHORIZED', false, options);
  }

  /** Blocks calls and messages of the user. @throws ERR_API 517 */
  async block(options?: CommandOptions): Promise<void> {
    await this.set('ISBLOCKED', true, options);
  }

  /** Undoes {@link block}. @throws ERR_API 517 */
  async unblock(options?: CommandOptions): Promise<void> {
    await this.set('ISBLOCKED', false, options);
  }

  /** Sets the name under which the user is shown. An empty name restores FULLNAME. @throws ERR_API */
  async rename(displayName: string, options?: CommandOptions): Promise<void> {
    checkArgument('displayName', displayName, TEXT);
    await this.set('DISPLAYNAME', displayName, options);
  }

  /** Sets the user's speed-dial code of one or two digits. An empty code removes it. @throws ERR_API 515 */
  async setSpeedDial(code: string, options?: CommandOptions): Promise<void> {
    checkArgument('code', code, TEXT);
    await this.set('SPEEDDIAL', code, options);
  }
}
