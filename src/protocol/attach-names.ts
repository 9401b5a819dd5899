import { MAX_SOCKET_PATH, tooLongForSocket } from '../base/system/socket-path.js';

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
  /** Types of the ClientMessages that carry a text: the type of the first one, and of the rest. */
  begin: 'SKYPECONTROLAPI_MESSAGE_BEGIN',
  more: 'SKYPECONTROLAPI_MESSAGE',
} as const;

/** Names of the API on Windows (reference, "Windows"). */
export const WINDOWS_NAMES = {
  /** Registered messages: the request of a client that looks for an endpoint, and the state of its attachment. */
  discover: 'SkypeControlAPIDiscover',
  attach: 'SkypeControlAPIAttach',
  /** Registry key of the user, and the number in it that disables the time limit of clients. */
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

/** Format of bus addresses (D-Bus specification, "Server Addresses"). Other characters are escaped in them. */
const BUS_ADDRESS = /^[ -~]+$/;

/** Reason why an address is not that of a bus: its characters, or a path that no socket can have. */
export function busAddressFault(address: string): string | undefined {
  if (!BUS_ADDRESS.test(address)) return 'its address must be printable ASCII, with other bytes as %xx';
  for (const escaped of socketPaths(address)) {
    const length = tooLongForSocket(escaped.replaceAll(/%[0-9a-f]{2}/gi, '_'));
    if (length !== undefined)
      return `the path of its socket has ${length} bytes, and a socket may have ${MAX_SOCKET_PATH}`;
  }
  return undefined;
}

/** Returns the escaped paths of the sockets in a list of addresses: `unix:path=/run/bus,guid=1;unix:abstract=x`. */
function socketPaths(addresses: string): string[] {
  return addresses
    .split(';')
    .filter((address) => address.startsWith('unix:'))
    .flatMap((address) => address.slice('unix:'.length).split(','))
    .flatMap((field) => {
      const [name, value = ''] = field.split('=', 2);
      return name === 'path' || name === 'abstract' ? [value] : [];
    });
}

/**
 * Line by which a client on TCP asks for NUL as the end of messages, so that chat texts may contain line breaks. The
 * endpoint grants it with the same line. Each side changes over with its next NUL. An endpoint that does not know the
 * line answers with an error, and both sides continue with LF.
 */
export const ASK_FOR_NUL = 'FRAMING NUL';
