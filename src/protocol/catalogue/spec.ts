import type { ErrorNumber } from './error-codes.js';
import type { ValueType } from './value-type.js';

/** The protocol version, the release or both that brought a word of the language. */
export interface Since {
  readonly protocol?: number;
  /** As the reference names it: `API 2.5`, `Skype for Windows 1.4`. */
  readonly release?: string;
}

export const P1 = { protocol: 1 } as const satisfies Since;
export const P3 = { protocol: 3 } as const satisfies Since;
export const P5 = { protocol: 5 } as const satisfies Since;
export const P6 = { protocol: 6 } as const satisfies Since;
export const P1_4 = { release: 'Skype 1.4' } as const satisfies Since;
export const API_2_5 = { protocol: 6, release: 'API 2.5' } as const satisfies Since;
export const API_2_6 = { protocol: 6, release: 'API 2.6' } as const satisfies Since;
export const API_3_0 = { protocol: 7, release: 'API 3.0' } as const satisfies Since;
export const API_3_1 = { protocol: 7, release: 'API 3.1' } as const satisfies Since;
export const API_3_2 = { protocol: 7, release: 'API 3.2' } as const satisfies Since;
export const API_3_5 = { protocol: 8, release: 'API 3.5.0.202' } as const satisfies Since;
export const API_3_6 = { protocol: 8, release: 'API 3.6' } as const satisfies Since;
export const WINDOWS_1_0 = { release: 'Skype for Windows 1.0' } as const satisfies Since;
export const WINDOWS_1_3 = { release: 'Skype for Windows 1.3' } as const satisfies Since;
export const WINDOWS_1_4 = { release: 'Skype for Windows 1.4' } as const satisfies Since;
export const WINDOWS_2_0 = { release: 'Skype for Windows 2.0' } as const satisfies Since;
/** Not in the reference: observed between real programs and real endpoints. */
export const OBSERVED = { release: 'not in the reference; observed' } as const satisfies Since;

/** Not in the reference: an addition of this package's exchange. */
export const JACKFIELD = { release: 'not in the reference; of this exchange' } as const satisfies Since;

/**
 * Access to a property: `read` for GET, `write` for SET, `read-write` for both. A `notify` property is only sent by the
 * endpoint; it can be neither read nor set.
 */
export type Access = 'read' | 'read-write' | 'write' | 'notify';

/** One property of an object. */
export interface PropertySpec {
  readonly type: ValueType;
  readonly note: string;
  /** Unit of a number, if its type does not give it. */
  readonly unit?: string;
  /** The words of an `enum`. */
  readonly values?: readonly string[];
  /** True for text of several lines. It may contain CR and LF on transports that can carry them. Default false. */
  readonly multiline?: boolean;
  /** Default `read`. */
  readonly access?: Access;
  /** Default: that of the object. */
  readonly since?: Since;
  /** The reference's section, where it is not the object's own. */
  readonly section?: string;
  /** Argument of GET after the property's name. */
  readonly argument?: ValueType;
  /** Errors of its own, besides those that every property of the object can raise. */
  readonly errors?: { readonly get?: readonly ErrorNumber[]; readonly set?: readonly ErrorNumber[] };
}

/** One action of `ALTER <object> <id> <action> [<argument>]`. */
export interface ActionSpec {
  readonly note: string;
  /** Default: none. */
  readonly argument?: ValueType;
  /** The words of an `enum` argument. */
  readonly values?: readonly string[];
  /** Default: that of the object. */
  readonly since?: Since;
  readonly section?: string;
  /** Reply when it succeeds, if that is not the repeated command. */
  readonly reply?: string;
  /**
   * Errors of the action, in addition to those of every action of the object. The first is for an unknown user or
   * stream.
   */
  readonly errors?: readonly ErrorNumber[];
}

/** The errors of one command about one object, by their cause. */
export interface CommandErrors {
  /** For a missing or malformed id. */
  readonly id: ErrorNumber;
  /** For a missing id. Default: `id`. */
  readonly missing?: ErrorNumber;
  /** For a missing property or action. */
  readonly what: ErrorNumber;
  /** For an id that names no object, or an object that the user cannot see. Default: `id`. */
  readonly unknown?: ErrorNumber;
  /** For a property or action that the object does not have for this command. Default: `what`. */
  readonly wrong?: ErrorNumber;
  /** For a value or argument that is not allowed. Default: `wrong`. */
  readonly argument?: ErrorNumber;
  /** For an object that is in the wrong state. Default: `argument`. */
  readonly state?: ErrorNumber;
  /** Errors with a cause of their own. */
  readonly other?: readonly ErrorNumber[];
}

/** Every error of one command about one object. */
export function allErrors({ other = [], ...causes }: CommandErrors): ErrorNumber[] {
  return [...new Set([...Object.values(causes), ...other])];
}

/** One object of the reference. */
export interface ObjectSpec {
  readonly note: string;
  readonly section: string;
  readonly since: Since;
  /** Identifier of the object on the wire: a number, a word, or none. */
  readonly id: 'number' | 'string' | 'none';
  /** Set when the reply to ALTER leaves the id out: `ALTER CHAT SETTOPIC`. */
  readonly anonymousReply?: true;
  readonly errors: {
    readonly get: CommandErrors;
    readonly set: CommandErrors;
    readonly alter: CommandErrors;
    /** For a missing or malformed id. Default 536. */
    readonly create?: ErrorNumber;
    /** For a missing or malformed id. Default 538. */
    readonly delete?: ErrorNumber;
  };
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly actions: Readonly<Record<string, ActionSpec>>;
}

/** One general parameter of `GET <name>` and `SET <name> <value>`. */
export interface ParameterSpec extends PropertySpec {
  readonly since: Since;
  readonly section: string;
}
