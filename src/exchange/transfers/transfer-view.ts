import type { FILETRANSFER } from '../../protocol/catalogue/file-transfer.js';
import type { PropertyName } from '../../protocol/message.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ApiObject, ObjectRecord } from '../object/api-object.js';
import type { Owned } from '../object/object-store.js';

export type TransferStatus = (typeof FILETRANSFER)['properties']['STATUS']['values'][number];
export type TransferReason = (typeof FILETRANSFER)['properties']['FAILUREREASON']['values'][number];

/** Statuses of transfers that are over (reference, "SEARCH ACTIVEFILETRANSFERS"). */
const OVER: ReadonlySet<string> = new Set<TransferStatus>(['COMPLETED', 'CANCELLED', 'FAILED']);

const PAUSABLE: ReadonlySet<string> = new Set<TransferStatus>([
  'CONNECTING',
  'TRANSFERRING',
  'TRANSFERRING_OVER_RELAY',
  'REMOTELY_PAUSED',
]);

/** Name under which the number of the other side's object is stored. Commands cannot read it. */
const PARTNER_ID = 'PARTNER_ID' as PropertyName<'FILETRANSFER'>;

/** A FILETRANSFER object (reference, "FILETRANSFER object"): one side's view of a transfer. */
export class TransferView implements Owned<'FILETRANSFER'> {
  readonly object: ApiObject<'FILETRANSFER'>;
  readonly owner: ExchangeUser;

  constructor(object: ApiObject<'FILETRANSFER'>, owner: ExchangeUser) {
    this.object = object;
    this.owner = owner;
  }

  get id(): number {
    return this.object.id;
  }

  get isIncoming(): boolean {
    return this.object.get('TYPE') === 'INCOMING';
  }

  get status(): TransferStatus {
    return (this.object.get('STATUS') ?? 'NEW') as TransferStatus;
  }

  get isActive(): boolean {
    return !OVER.has(this.status);
  }

  /** True for an accepted transfer that is not over and not paused on this side. */
  get canPause(): boolean {
    return PAUSABLE.has(this.status);
  }

  /** Number of the other side's object; undefined while there is none. */
  get partnerId(): number | undefined {
    const id = this.object.get(PARTNER_ID);
    return id === undefined ? undefined : Number(id);
  }

  set partnerId(id: number) {
    this.object.put(PARTNER_ID, String(id));
  }

  get partner(): string {
    return this.object.get('PARTNER_HANDLE') ?? '';
  }

  get size(): number {
    return Number(this.object.get('FILESIZE') ?? 0);
  }

  get path(): string {
    return this.object.get('FILEPATH') ?? '';
  }

  /** Announces the transfer, in the order of the reference's example. */
  introduce(size: number, startSec: number): void {
    const { object } = this;
    for (const property of INTRODUCED) {
      const value = object.get(property);
      if (value !== undefined) object.tell(property, value);
    }
    object.tell('STATUS', 'NEW');
    object.tell('FILESIZE', '0');
    object.tell('STARTTIME', String(startSec));
    for (const property of ['FINISHTIME', 'BYTESPERSECOND', 'BYTESTRANSFERRED'] as const)
      object.tell(property, '0');
    object.tell('FILESIZE', String(size));
  }

  become(status: TransferStatus): void {
    this.object.tell('STATUS', status);
  }

  /** Completes the transfer when a restart finds the file complete. */
  complete(nowSec: number): void {
    this.object.tell('BYTESTRANSFERRED', String(this.size));
    this.object.tell('FINISHTIME', String(nowSec));
    this.become('COMPLETED');
  }

  /** Ends the transfer without the file. */
  end(status: 'CANCELLED' | 'FAILED', nowSec: number, reason?: TransferReason): void {
    const { object } = this;
    if (object.get('BYTESPERSECOND') !== '0') object.tell('BYTESPERSECOND', '0');
    object.tell('FINISHTIME', String(nowSec));
    if (reason !== undefined) object.tell('FAILUREREASON', reason);
    object.tell('STATUS', status);
  }
}

const INTRODUCED = ['TYPE', 'PARTNER_HANDLE', 'PARTNER_DISPNAME', 'FILEPATH', 'FILENAME'] as const;

/** A stored record. A transfer that was moving must connect again. */
export function settledTransfer(record: ObjectRecord): ObjectRecord {
  if (record['STATUS'] !== 'TRANSFERRING') return record;
  return { ...record, STATUS: 'CONNECTING', BYTESPERSECOND: '0', FINISHTIME: '0' };
}
