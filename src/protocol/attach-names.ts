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

/** Addresses of buses (D-Bus specification, "Server Addresses"): all but these characters is escaped in them. */
export const BUS_ADDRESS = /^[ -~]+$/;
