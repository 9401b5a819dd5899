import type { ObjectId, ObjectName } from '../../protocol/message.js';
import type { ObjectRecord } from './api-object.js';

/** An object of the API as it is stored. */
export interface StoredObject {
  /** Handle of its owner. */
  readonly user: string;
  readonly properties: ObjectRecord;
  /** Path of a voicemail's audio, which is stored in a file of its own. */
  readonly file?: string;
}

/** Stored objects of one kind, by id. */
export interface ObjectShelf<O extends ObjectName> {
  save(id: ObjectId<O>, stored: StoredObject): void;
  /** Deletes an object. Its number is not used again. */
  forget(id: ObjectId<O>, user: string): void;
  /** Does work as one transaction: all changes are stored or none, also those of other shelves and users. */
  together<T>(work: () => T): T;
  /** Lists the stored objects of earlier runs, oldest first when the ids are numbers. */
  objects(): { readonly id: ObjectId<O>; readonly stored: StoredObject }[];
}
