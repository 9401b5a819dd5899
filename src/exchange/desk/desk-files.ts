import {
  path as aPath,
  checkArgument,
  checkOptions,
  line,
  listOf,
  type Rules,
  whole,
  words,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { TransferView } from '../transfers/transfer-view.js';

/** A file transfer, as the window shows it. */
export interface DeskTransfer {
  /** Number of the FILETRANSFER object. */
  readonly id: number;
  readonly direction: 'INCOMING' | 'OUTGOING';
  readonly partner: string;
  readonly fileName: string;
  readonly status: string;
  /** In bytes. */
  readonly size: number;
  /** In bytes. */
  readonly transferred: number;
  /** True while the person can accept it. */
  readonly waits: boolean;
}

/** Options of {@link DeskFiles.accept}. */
export interface AcceptOptions {
  /** Number of the transfer. Default: the first that waits to be accepted. */
  readonly id?: number;
  /** Name of the received file, 1 to 255 characters. Default: the sender's. */
  readonly name?: string;
}

const ID = whole(1, Number.MAX_SAFE_INTEGER);
const HANDLES = listOf(words, 1, 100);
const ACCEPT_RULES: Rules<AcceptOptions> = { id: ID, name: line(1, 255) };

/**
 * Files that the person at a desk sends and receives. Only a person can start or accept a transfer (reference,
 * "FILETRANSFER object").
 */
export class DeskFiles {
  readonly #user: ExchangeUser;
  readonly #services: Services;

  /** Used by the desk. @internal */
  constructor(user: ExchangeUser, services: Services) {
    this.#user = user;
    this.#services = services;
  }

  /**
   * Offers a file in the user's `transferFolder` to contacts.
   *
   * @param path Path of the file, relative to the folder.
   * @returns the number of the transfer to each.
   * @throws ERR_INVALID_STATE for a partner that is not a contact, without a folder, or with too many transfers;
   * ERR_FILE.
   */
  async send(to: string | readonly string[], path: string): Promise<number[]> {
    const handles = typeof to === 'string' ? [to] : to;
    checkArgument('to', handles, HANDLES);
    checkArgument('path', path, aPath);
    const ids: number[] = [];
    for (const handle of handles) {
      const partner = this.#services.identityOf(handle) ?? { handle, fullName: handle, network: 'P2P' };
      ids.push((await this.#services.transfers.offer(this.#user, partner, path)).id);
    }
    return ids;
  }

  /**
   * Accepts an offered file. It never replaces another file: if the name is taken, a number is added.
   *
   * @returns the path, once the file is complete.
   * @throws ERR_INVALID_STATE when no file waits; ERR_FILE, with the system's error, when the file cannot be created.
   */
  async accept(options: AcceptOptions = {}): Promise<string> {
    checkOptions(options, ACCEPT_RULES);
    const view = this.#find(options.id, waits, 'that is waiting to be accepted');
    return await this.#services.transfers.accept(view, options.name);
  }

  /** Cancels or refuses a transfer. @param id Default: the first in progress. @throws ERR_INVALID_STATE */
  cancel(id?: number): void {
    if (id !== undefined) checkArgument('id', id, ID);
    this.#services.transfers.cancel(this.#find(id, ({ isActive }) => isActive, 'that is in progress'));
  }

  /**
   * Pauses a transfer that is running or about to: PAUSED here, REMOTELY_PAUSED at the other end.
   *
   * @param id Default: the first that can be paused.
   * @throws ERR_INVALID_STATE
   */
  pause(id?: number): void {
    if (id !== undefined) checkArgument('id', id, ID);
    this.#services.transfers.pause(this.#find(id, ({ canPause }) => canPause, 'that can be paused'));
  }

  /** Resumes a transfer that was paused here. @param id Default: the first. @throws ERR_INVALID_STATE */
  resume(id?: number): void {
    if (id !== undefined) checkArgument('id', id, ID);
    const isPaused = ({ status }: TransferView) => status === 'PAUSED';
    this.#services.transfers.resume(this.#find(id, isPaused, 'that this user paused'));
  }

  #find(id: number | undefined, fits: (view: TransferView) => boolean, which: string): TransferView {
    const views = this.#services.transfers.objects.listOf(this.#user);
    const found = views.find((view) => (id === undefined || view.id === id) && fits(view));
    if (found) return found;
    const name = id === undefined ? 'transfer' : `transfer ${id}`;
    throw new JackfieldError('ERR_INVALID_STATE', `${this.#user.handle} has no ${name} ${which}.`);
  }
}

/** Lists the transfers of a user in progress. */
export function deskTransfers({ transfers }: Services, user: ExchangeUser): DeskTransfer[] {
  return transfers.objects
    .listOf(user)
    .filter(({ isActive }) => isActive)
    .map((view) => ({
      id: view.id,
      direction: view.isIncoming ? 'INCOMING' : 'OUTGOING',
      partner: view.partner,
      fileName: view.object.get('FILENAME') ?? '',
      status: view.status,
      size: view.size,
      transferred: Number(view.object.get('BYTESTRANSFERRED') ?? 0),
      waits: waits(view),
    }));
}

function waits({ isIncoming, status }: TransferView): boolean {
  return isIncoming && status === 'NEW';
}
