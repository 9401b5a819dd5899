import type { ErrorNumber } from './catalogue/error-codes.js';
import type { OBJECTS } from './catalogue/objects.js';
import type { PARAMETERS } from './catalogue/parameters.js';
import type { LISTS, SEARCHES } from './catalogue/searches.js';

/** A word of the wire that the catalogue does not list. Editors still complete the listed ones. */
export type OtherWord = string & Record<never, never>;

export type ObjectName = keyof typeof OBJECTS;
export type PropertyName<O extends ObjectName> = keyof (typeof OBJECTS)[O]['properties'] & string;
export type ActionName<O extends ObjectName> = keyof (typeof OBJECTS)[O]['actions'] & string;
export type ParameterName = keyof typeof PARAMETERS;
export type ListName = keyof typeof LISTS;
export type SearchName = keyof typeof SEARCHES;

/** Searches that list objects of `O`. */
export type SearchOf<O extends ObjectName> = {
  [S in SearchName]: (typeof LISTS)[(typeof SEARCHES)[S]['list']] extends O ? S : never;
}[SearchName];

/** Identifier of object `O`: a number, a word, or none (PROFILE). */
export type ObjectId<O extends ObjectName> = {
  number: number;
  string: string;
  none: undefined;
}[(typeof OBJECTS)[O]['id']];

/** Fields that every message can carry. */
export interface MessageFields {
  /** The client's identifier of the command, without the `#` (reference, "Command identifiers"). */
  readonly commandId?: string | undefined;
  /**
   * Spellings of the keywords that differ from the catalogue's: `STATUS` -> `status`. {@link serialize} writes them in
   * the same way, so that an echo repeats the command exactly.
   */
  readonly spelling?: ReadonlyMap<string, string> | undefined;
}

export interface NameCommand extends MessageFields {
  readonly kind: 'name';
  readonly name: string;
}

/** Sent by the client to ask for a version, and by the endpoint to name the one it will speak. */
export interface ProtocolMessage extends MessageFields {
  readonly kind: 'protocol';
  readonly version: number;
}

/** A command without parameters. */
export interface PlainCommand extends MessageFields {
  readonly kind: 'ping' | 'focus' | 'minimize' | 'reset-idle-timer';
}

export interface ButtonCommand extends MessageFields {
  readonly kind: 'button-pressed' | 'button-released';
  readonly key: string;
}

export interface CallCommand extends MessageFields {
  readonly kind: 'call';
  /** One or more handles, phone numbers or speed-dial codes. */
  readonly targets: readonly string[];
}

/** `VOICEMAIL <target>` (deprecated in protocol 6) or `CALLVOICEMAIL <target>`. */
export interface LeaveVoicemailCommand extends MessageFields {
  readonly kind: 'voicemail' | 'call-voicemail';
  readonly target: string;
}

/** `MESSAGE <target> <text>` (deprecated in protocol 3). */
export interface SendMessageCommand extends MessageFields {
  readonly kind: 'message';
  readonly target: string;
  readonly text: string;
}

export interface SendChatMessageCommand extends MessageFields {
  readonly kind: 'chat-message';
  readonly chat: string;
  readonly text: string;
}

/** `CHAT CREATE [<target>, ...]`, `CHAT CREATEUSINGBLOB <blob>`, `CHAT FINDUSINGBLOB <blob>`. */
export interface ChatCommand extends MessageFields {
  readonly kind: 'chat';
  readonly action: 'CREATE' | 'CREATEUSINGBLOB' | 'FINDUSINGBLOB';
  readonly argument: string;
}

/** `GET <object> [<id>] <property> [<argument>]`. */
export interface GetCommandOf<O extends ObjectName> extends MessageFields {
  readonly kind: 'get';
  readonly object: O;
  readonly id: ObjectId<O>;
  readonly property: PropertyName<O> | OtherWord;
  /** Argument of a few properties: `CAN_TRANSFER <handle>`, `CONF_PARTICIPANT <n>`. Empty for all others. */
  readonly argument: string;
}
export type GetCommand = { [O in ObjectName]: GetCommandOf<O> }[ObjectName];

/** `SET <object> [<id>] <property> <value>`. */
export interface SetCommandOf<O extends ObjectName> extends MessageFields {
  readonly kind: 'set';
  readonly object: O;
  readonly id: ObjectId<O>;
  readonly property: PropertyName<O> | OtherWord;
  /** The value as on the wire; {@link decodeProperty} reads it. */
  readonly value: string;
}
export type SetCommand = { [O in ObjectName]: SetCommandOf<O> }[ObjectName];

/** `ALTER <object> <id> <action> [<argument>]`. */
export interface AlterCommandOf<O extends ObjectName> extends MessageFields {
  readonly kind: 'alter';
  readonly object: O;
  readonly id: ObjectId<O>;
  readonly action: ActionName<O> | OtherWord;
  /** The argument as on the wire; for the `SET_` actions {@link parseStreamTargets} reads it. */
  readonly argument: string;
}
export type AlterCommand = { [O in ObjectName]: AlterCommandOf<O> }[ObjectName];

/** `GET <parameter> [<argument>]`. */
export interface GetParameterCommand extends MessageFields {
  readonly kind: 'get-parameter';
  readonly parameter: ParameterName;
  readonly argument: string;
}

/** `SET <parameter> <value>`. */
export interface SetParameterCommand extends MessageFields {
  readonly kind: 'set-parameter';
  readonly parameter: ParameterName;
  readonly value: string;
}

export interface SearchCommand extends MessageFields {
  readonly kind: 'search';
  readonly what: SearchName;
  /** Empty when the search has no target. */
  readonly target: string;
}

/** `CREATE <object> ...`: the parameters depend on the object. */
export interface CreateCommand extends MessageFields {
  readonly kind: 'create';
  readonly object: ObjectName;
  readonly argument: string;
}

export interface DeleteCommandOf<O extends ObjectName> extends MessageFields {
  readonly kind: 'delete';
  readonly object: O;
  readonly id: ObjectId<O>;
}
export type DeleteCommand = { [O in ObjectName]: DeleteCommandOf<O> }[ObjectName];

/** `OPEN <window> [<argument>]`. */
export interface OpenCommand extends MessageFields {
  readonly kind: 'open';
  readonly what: string;
  readonly argument: string;
}

/** `CLOSE <window> [<argument>]`. In the reference it appears only in an error. */
export interface CloseCommand extends MessageFields {
  readonly kind: 'close';
  readonly what: string;
  readonly argument: string;
}

/** `HOOK ON|OFF`, `READY YES|NO`. In the reference they appear only in errors. */
export interface SwitchCommand extends MessageFields {
  readonly kind: 'hook' | 'ready';
  readonly value: string;
}

/**
 * `TRANSFER <handle>[, <handle>]* [IN <folder>]`: the first form of `OPEN FILETRANSFER`. In the reference it appears
 * only in errors.
 */
export interface TransferCommand extends MessageFields {
  readonly kind: 'transfer';
  readonly argument: string;
}

/** `CLEAR CHATHISTORY`, `CLEAR VOICEMAILHISTORY`, `CLEAR CALLHISTORY <which> [<handle>]`. */
export interface ClearCommand extends MessageFields {
  readonly kind: 'clear';
  readonly what: string;
  readonly argument: string;
}

/** A line that is not a command of the reference, with the error that an endpoint answers. */
export interface UnknownCommand extends MessageFields {
  readonly kind: 'unknown';
  /** The line as it came, without the command identifier. */
  readonly text: string;
  readonly error: ErrorNumber;
}

/** Everything that a client can send. */
export type CommandMessage =
  | NameCommand
  | ProtocolMessage
  | PlainCommand
  | ButtonCommand
  | CallCommand
  | LeaveVoicemailCommand
  | SendMessageCommand
  | SendChatMessageCommand
  | ChatCommand
  | GetCommand
  | SetCommand
  | AlterCommand
  | GetParameterCommand
  | SetParameterCommand
  | SearchCommand
  | CreateCommand
  | DeleteCommand
  | OpenCommand
  | CloseCommand
  | SwitchCommand
  | TransferCommand
  | ClearCommand
  | UnknownCommand;

/** A reply without parameters. */
export interface PlainReply extends MessageFields {
  readonly kind: 'ok' | 'pong' | 'call-history-changed' | 'im-history-changed';
}

/** `ERROR <number> [<text>]`. */
export interface ErrorReply extends MessageFields {
  readonly kind: 'error';
  /** Usually an {@link ErrorNumber}; a number that the catalogue does not list is kept. */
  readonly number: number;
  readonly text: string;
}

/** `<object> [<id>] <property> <value>`: the answer to GET and SET, and the notification of a change. */
export interface PropertyReplyOf<O extends ObjectName> extends MessageFields {
  readonly kind: 'property';
  readonly object: O;
  readonly id: ObjectId<O>;
  readonly property: PropertyName<O> | OtherWord;
  /** The value as on the wire, empty when there is none; {@link decodeProperty} reads it. */
  readonly value: string;
}
export type PropertyReply = { [O in ObjectName]: PropertyReplyOf<O> }[ObjectName];

/** `<parameter> <value>`: USERSTATUS, CONNSTATUS, CURRENTUSERHANDLE and the other general parameters. */
export interface ParameterReply extends MessageFields {
  readonly kind: 'parameter';
  readonly parameter: ParameterName;
  readonly value: string;
}

/** `<list> [<id>, ...]`: the answer to SEARCH. */
export interface ListReplyOf<L extends ListName> extends MessageFields {
  readonly kind: 'list';
  readonly list: L;
  readonly ids: readonly ObjectId<(typeof LISTS)[L]>[];
}
export type ListReply = { [L in ListName]: ListReplyOf<L> }[ListName];

/** A command that is repeated to confirm it. */
export interface EchoReply extends MessageFields {
  readonly kind: 'echo';
  readonly command: CommandMessage;
}

/** `ALTER CHAT SETTOPIC`, `ALTER CHATMEMBER CANSETROLETO TRUE`: a confirmation without the id. */
export interface AlteredReply extends MessageFields {
  readonly kind: 'altered';
  readonly object: ObjectName;
  readonly action: string;
  readonly value: string;
}

/** `CONTACTS FOCUSED [<handle>]`. */
export interface ContactsFocusedReply extends MessageFields {
  readonly kind: 'contacts-focused';
  /** Empty when the focus was lost. */
  readonly handle: string;
}

/** `DELETED GROUP <id>`. */
export interface DeletedReplyOf<O extends ObjectName> extends MessageFields {
  readonly kind: 'deleted';
  readonly object: O;
  readonly id: ObjectId<O>;
}
export type DeletedReply = { [O in ObjectName]: DeletedReplyOf<O> }[ObjectName];

/** A line that is not a reply or notification of the reference. */
export interface UnknownReply extends MessageFields {
  readonly kind: 'unknown';
  readonly text: string;
}

/** Everything that an endpoint can send. */
export type EndpointMessage =
  | ProtocolMessage
  | PlainReply
  | ErrorReply
  | PropertyReply
  | ParameterReply
  | ListReply
  | EchoReply
  | AlteredReply
  | ContactsFocusedReply
  | DeletedReply
  | UnknownReply;
