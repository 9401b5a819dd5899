/** Names of the API on D-Bus (reference, "Linux"; captures of real clients). */
export const DBUS_NAMES = {
  /** The endpoint's name on the bus, and the interface of its object. */
  service: 'com.Skype.API',
  servicePath: '/com/Skype',
  /** The interface of a client's object. */
  client: 'com.Skype.API.Client',
  clientPath: '/com/Skype/Client',
} as const;

/** Names of the API on X11 (captures of real clients). */
export const X11_NAMES = {
  /** Root property that names the endpoint's window. */
  instance: '_SKYPE_INSTANCE',
  /** Types of the ClientMessages that carry a text: the first, and the rest. */
  begin: 'SKYPECONTROLAPI_MESSAGE_BEGIN',
  more: 'SKYPECONTROLAPI_MESSAGE',
} as const;

/** Names of the API on Windows (reference, "Windows"). */
export const WINDOWS_NAMES = {
  /** Registered messages: a client looks for an endpoint, and how it is attached. */
  discover: 'SkypeControlAPIDiscover',
  attach: 'SkypeControlAPIAttach',
  /** Key of the user's registry, and the number in it that takes the time limit away from clients. */
  settings: 'Software\\Skype\\Phone\\UI',
  noTimeLimit: 'APITimeoutDisabled',
} as const;

/** Values of `SkypeControlAPIAttach` (reference, "Windows"). */
export const WINDOWS_ATTACH = {
  success: 0,
  pendingAuthorization: 1,
  refused: 2,
  notAvailable: 3,
  available: 0x8001,
} as const;

/** Addresses of buses (D-Bus specification, "Server Addresses"): all but these characters is escaped in them. */
export const BUS_ADDRESS = /^[ -~]+$/;

/**
 * Line with which a client on TCP asks for NUL as the end of a message, so that the texts of chats may hold line breaks, and
 * with which an endpoint grants it. Each then changes over with its next NUL. An endpoint that does not know it answers
 * with an error, and both go on with LF.
 */
export const ASK_FOR_NUL = 'FRAMING NUL';
