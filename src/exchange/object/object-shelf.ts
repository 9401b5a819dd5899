import type { ObjectId, ObjectName } from '../../protocol/message.js';
import type { ObjectRecord } from './api-object.js';

/** An object of the API as it is stored. */
export interface StoredObject {
  /** Handle of its owner. */
  readonly user: string;
  readonly properties: ObjectRecord;
  /** Audio of a voicemail that is kept elsewhere. */
  readonly file?: string;
}

/** Stored objects of one kind, by id. */
export interface ObjectShelf<O extends ObjectName> {
  save(id: ObjectId<O>, stored: StoredObject): void;
  /** Deletes an object. Its number is not given out again. */
  forget(id: ObjectId<O>, user: string): void;
  /** Does work of which all is kept or nothing, also of what other shelves and users keep. */
  together<T>(work: () => T): T;
  /** Lists what a former run has stored, oldest first where the ids are numbers. */
  objects(): { readonly id: ObjectId<O>; readonly stored: StoredObject }[];
}
