// A stand-in for an endpoint on Windows, for windows-wine.proof.test.ts: one window that answers as the reference says.
// Usage: node stand-in.cjs <log file>. Ends at the command `QUIT`.
const { appendFileSync } = require('node:fs');
const koffi = require('koffi');

const log = (line) => appendFileSync(process.argv[2], `${line}\n`);
process.on('uncaughtException', (error) => {
  log(`FAILED ${error.stack}`);
  process.exit(1);
});

const user32 = koffi.load('user32.dll');
const COPYDATA = koffi.struct('COPYDATA', { tag: 'uintptr_t', size: 'uint32_t', bytes: 'void *' });
const PROCEDURE = koffi.proto('intptr_t __stdcall Procedure(intptr_t, uint32_t, uintptr_t, intptr_t)');
const setWindowLong = user32.func('intptr_t __stdcall SetWindowLongPtrW(intptr_t, int, void *)');
const callWindow = user32.func('intptr_t __stdcall DefWindowProcW(intptr_t, uint32_t, uintptr_t, intptr_t)');
const create = user32.func(
  'intptr_t __stdcall CreateWindowExW(uint32_t, str16, str16, uint32_t, int, int, int, int, intptr_t, intptr_t, intptr_t, void *)',
);
const registerMessage = user32.func('uint32_t __stdcall RegisterWindowMessageW(str16)');
const post = user32.func('int __stdcall PostMessageW(intptr_t, uint32_t, uintptr_t, intptr_t)');
const send = user32.func('intptr_t __stdcall SendMessageW(intptr_t, uint32_t, uintptr_t, COPYDATA *)');
koffi.struct('MESSAGE', {
  window: 'intptr_t',
  message: 'uint32_t',
  w: 'uintptr_t',
  l: 'intptr_t',
  t: 'uint32_t',
  x: 'int',
  y: 'int',
});
const peek = user32.func(
  'int __stdcall PeekMessageW(_Out_ MESSAGE *, intptr_t, uint32_t, uint32_t, uint32_t)',
);
const dispatch = user32.func('intptr_t __stdcall DispatchMessageW(MESSAGE *)');

const discover = registerMessage('SkypeControlAPIDiscover');
const attach = registerMessage('SkypeControlAPIAttach');
const GWLP_WNDPROC = -4;
const WM_COPYDATA = 0x4a;

const own = create(0, 'STATIC', 'stand-in', 0, 0, 0, 0, 0, 0, 0, 0, null);

function say(client, text) {
  const bytes = Buffer.from(`${text}\0`);
  send(client, WM_COPYDATA, own, { tag: 0, size: bytes.length, bytes });
}

function answer(client, line) {
  const [, id, command] = /^(#\S+ )?(.*)$/s.exec(line);
  if (command.startsWith('NAME')) say(client, `${id}OK`);
  else if (command.startsWith('PROTOCOL')) say(client, `${id}${command}`);
  else if (command === 'PING') say(client, `${id}PONG`);
  else if (command.startsWith('GET USER'))
    say(client, `${id}${command.slice(4)} ${'Grüße, 你好 '.repeat(500)}`);
  else say(client, `${id}ERROR 2 Unknown command`);
}

const procedure = koffi.register((window, message, w, l) => {
  if (message === discover) {
    log('DISCOVER');
    post(w, attach, own, 1);
    post(w, attach, own, 0);
    return 1;
  }
  if (message !== WM_COPYDATA) return callWindow(window, message, w, l);
  const { size, bytes } = koffi.decode(BigInt(l), COPYDATA);
  const text = Buffer.from(koffi.decode(bytes, 'uint8_t', size));
  if (text.at(-1) !== 0) log('FAILED no NUL');
  const line = text.subarray(0, -1).toString('utf8');
  log(line);
  setImmediate(() => (line.endsWith('QUIT') ? process.exit(0) : answer(w, line)));
  return 1;
}, koffi.pointer(PROCEDURE));
setWindowLong(own, GWLP_WNDPROC, procedure);
log(`READY ${own}`);

// timer: this is the message loop of a program for Windows.
setInterval(() => {
  const message = {};
  while (peek(message, 0, 0, 0, 1)) dispatch(message);
}, 5);
