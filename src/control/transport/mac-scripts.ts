/** Names of the API's distributed notifications on macOS (captures of real clients). */
export const MAC_NOTIFICATIONS = {
  /** A message of the endpoint; `SKYPE_API_NOTIFICATION_STRING` is the text. */
  message: 'SKSkypeAPINotification',
  willQuit: 'SKSkypeWillQuit',
} as const;

/** Keys of the notifications' user info. */
export const MAC_KEYS = {
  text: 'SKYPE_API_NOTIFICATION_STRING',
  client: 'SKYPE_API_CLIENT_ID',
} as const;

/** Client id of a notification for all clients. */
export const MAC_EVERYONE = 999;

/** Prints `true` when the endpoint runs. Does not start it. */
export const IS_RUNNING = ['-e', 'application "Skype" is running'];

/** Sends a command. It is passed with this program's name as arguments, so neither can become part of the script. */
export const SEND_COMMAND = [
  ...['-e', 'on run argv'],
  ...['-e', 'tell application "Skype" to send command (item 1 of argv) script name (item 2 of argv)'],
  ...['-e', 'end run'],
];

/** Prints each distributed notification of the given names, as one line of JSON. Prints `READY` first. */
export const OBSERVE = [
  ...['-l', 'JavaScript', '-e'],
  `ObjC.import('Foundation');
function run(names) {
  const output = $.NSFileHandle.fileHandleWithStandardOutput;
  const print = (value) =>
    output.writeData($(JSON.stringify(value) + '\\n').dataUsingEncoding($.NSUTF8StringEncoding));
  ObjC.registerSubclass({
    name: 'JackfieldObserver',
    methods: {
      'take:': {
        types: ['void', ['id']],
        implementation: (notification) =>
          print({ name: notification.name.js, info: ObjC.deepUnwrap(notification.userInfo) || {} }),
      },
    },
  });
  const observer = $.JackfieldObserver.alloc.init;
  const center = $.NSDistributedNotificationCenter.defaultCenter;
  for (const name of names) center.addObserverSelectorNameObject(observer, 'take:', name, $());
  print({ name: 'READY', info: {} });
  $.NSRunLoop.currentRunLoop.run;
}`,
];
