// The peers of calls with voice, in a process of their own: signalling here, voice by rtp-load.c.
//
//   const peers = await startPeers(folder);
//   await peers.call('siprec' | 'sip', port, calls);  // of a SIP server
//   await peers.relay(port, calls);                   // through rtpengine, told by its NG protocol
//   const { packets, lateMs, received, delays } = await peers.silence();
//   await peers.hangUp();
import { execFileSync, fork, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Calls that are set up together. */
const AT_ONCE = 50;
/** A request without an answer is sent again after this, in ms. */
const AGAIN_MS = 1000;

export async function startPeers(folder) {
  const binary = join(folder, 'rtp-load');
  const source = fileURLToPath(new URL('./rtp-load.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', binary, source], { stdio: 'inherit' });
  const child = fork(fileURLToPath(import.meta.url), [binary]);
  const ask = async (request) => {
    const answer = once(child, 'message');
    child.send(request);
    return (await answer)[0];
  };
  return {
    call: (kind, port, calls) => ask({ what: 'call', kind, port, calls }),
    relay: (port, calls) => ask({ what: 'relay', port, calls }),
    silence: () => ask({ what: 'silence' }),
    hangUp: () => ask({ what: 'hangUp' }),
    async close() {
      const over = once(child, 'exit');
      child.kill();
      await over;
    },
  };
}

const [, path, binary] = process.argv;
if (path === fileURLToPath(import.meta.url) && process.send) serve(binary);

function serve(binary) {
  const voice = startVoice(binary);
  let hangUp = async () => undefined;
  const doing = {
    async call({ kind, port, calls }) {
      hangUp = await callAll(voice, kind, port, calls);
    },
    async relay({ port, calls }) {
      hangUp = await relayAll(voice, port, calls);
    },
    silence: () => voice.stop(),
    hangUp: () => hangUp(),
  };
  process.on('message', async (request) => process.send((await doing[request.what](request)) ?? {}));
  process.on('disconnect', () => process.exit());
}

/** The process that sends. */
function startVoice(binary) {
  const child = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  let arrived = () => undefined;
  createInterface(child.stdout).on('line', (text) => {
    lines.push(text);
    arrived();
  });
  const line = async () => {
    while (lines.length === 0) {
      await new Promise((resolve) => {
        arrived = resolve;
      });
    }
    return lines.shift().split(' ');
  };
  return {
    async open(count) {
      child.stdin.write(`open ${count}\n`);
      const ports = [];
      while (ports.length < count) ports.push(Number((await line())[1]));
      return ports;
    },
    send: (from, to) => child.stdin.write(`to ${from} ${to}\n`),
    async stop() {
      child.stdin.end('stop\n');
      const [, packets, lateMs, received] = (await line()).map(Number);
      const [, ...delays] = (await line()).map(Number);
      return { packets, lateMs, received, delays };
    },
  };
}

async function callAll(voice, kind, port, calls) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const own = socket.address().port;
  const waiting = new Map();
  socket.on('message', (bytes) => {
    const text = bytes.toString();
    const key = `${/^Call-ID: (.*)$/im.exec(text)[1]} ${/^CSeq: (.*)$/im.exec(text)[1]}`;
    const status = Number(/^SIP\/2\.0 (\d+)/.exec(text)?.[1] ?? 0);
    if (status >= 200) waiting.get(key)?.(text, status);
  });
  const send = (text) => socket.send(text, port, '127.0.0.1');
  const request = (id, cseq, text) =>
    new Promise((resolve, reject) => {
      const again = setInterval(() => send(text), AGAIN_MS);
      waiting.set(`${id} ${cseq}`, (answer, status) => {
        clearInterval(again);
        waiting.delete(`${id} ${cseq}`);
        if (status < 300) resolve(answer);
        else reject(new Error(answer));
      });
      send(text);
    });
  const streams = kind === 'siprec' ? 2 : 1;
  const ports = await voice.open(streams * calls);
  const ends = await inTurns(calls, async (n) => {
    const mine = ports.slice(streams * n, streams * (n + 1));
    const id = `call-${n}@127.0.0.1`;
    const message = (method, cseq, to, headers = [], body = '') =>
      [
        `${method} sip:robot@127.0.0.1:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${n}x${cseq}${method}`,
        ...['Max-Forwards: 70', `From: <sip:+1555${n}@127.0.0.1:${own}>;tag=${n}`, `To: ${to}`],
        ...[`Call-ID: ${id}`, `CSeq: ${cseq} ${method}`, `Contact: <sip:peer@127.0.0.1:${own}>`, ...headers],
        ...[`Content-Length: ${Buffer.byteLength(body)}`, '', body],
      ].join('\r\n');
    const to = `<sip:robot@127.0.0.1:${port}>`;
    const [headers, body] = kind === 'siprec' ? recordingBody(n, mine) : [[SDP_TYPE], sdpOf(mine)];
    const answer = await request(id, '1 INVITE', message('INVITE', 1, to, headers, body));
    const tagged = /^To: (.*)$/im.exec(answer)[1].trim();
    send(message('ACK', 1, tagged));
    const theirs = [...answer.matchAll(/^m=audio (\d+)/gim)].map(([, each]) => each);
    for (const [at, each] of mine.entries()) voice.send(each, theirs[at]);
    return () => request(id, '2 BYE', message('BYE', 2, tagged));
  });
  return async () => {
    await inTurns(calls, (n) => ends[n]());
    socket.close();
  };
}

/** Two streams each, which rtpengine relays to one another, and records. */
async function relayAll(voice, port, calls) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const waiting = new Map();
  socket.on('message', (bytes) => {
    const text = bytes.toString();
    const space = text.indexOf(' ');
    waiting.get(text.slice(0, space))?.(text.slice(space + 1));
  });
  let cookies = 0;
  const ask = async (fields) => {
    const cookie = `c${++cookies}`;
    const send = () => socket.send(`${cookie} ${bencoded(fields)}`, port, '127.0.0.1');
    // A request that is asked again has the same cookie, and rtpengine answers it with the same answer.
    const again = setInterval(send, AGAIN_MS);
    const answer = await new Promise((resolve) => {
      waiting.set(cookie, resolve);
      send();
    });
    clearInterval(again);
    if (!answer.includes('6:result2:ok')) throw new Error(`rtpengine says ${answer}`);
    return Number(/^m=audio (\d+)/m.exec(answer)?.[1]);
  };
  const ports = await voice.open(2 * calls);
  await inTurns(calls, async (n) => {
    const [a, b] = [ports[2 * n], ports[2 * n + 1]];
    const call = { 'call-id': `call-${n}`, 'from-tag': 'a' };
    const forB = await ask({ command: 'offer', ...call, sdp: sdpOf([a]), 'record call': 'yes' });
    const forA = await ask({ command: 'answer', ...call, 'to-tag': 'b', sdp: sdpOf([b]) });
    voice.send(a, forA);
    voice.send(b, forB);
  });
  return async () => {
    await inTurns(calls, (n) =>
      ask({ command: 'delete', 'call-id': `call-${n}`, 'from-tag': 'a', 'delete delay': 0 }),
    );
    socket.close();
  };
}

async function inTurns(count, work) {
  const results = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, at) => work(first + at));
    results.push(...(await Promise.all(some)));
  }
  return results;
}

const SDP_TYPE = 'Content-Type: application/sdp';

function sdpOf(ports, direction = 'sendrecv') {
  const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  const streams = ports.flatMap((port, at) => [
    `m=audio ${port} RTP/AVP 8`,
    ...['a=rtpmap:8 PCMA/8000', `a=label:${at + 1}`, `a=${direction}`],
  ]);
  return [...head, ...streams, ''].join('\r\n');
}

/** Description and metadata (RFC 7866). */
function recordingBody(n, ports) {
  const who = [1, 2].map(
    (side) =>
      `<participant participant_id="p${side}"><nameID aor="sip:${n}-${side}@example.com"/></participant>` +
      `<stream stream_id="s${side}"><label>${side}</label></stream>` +
      `<participantstreamassoc participant_id="p${side}"><send>s${side}</send></participantstreamassoc>`,
  );
  const xml = `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode>${who.join('')}</recording>`;
  const parts = [
    ['application/sdp', sdpOf(ports, 'sendonly')],
    ['application/rs-metadata+xml', xml],
  ];
  const body = parts.map(([type, text]) => `--part\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`).join('');
  return [['Require: siprec', 'Content-Type: multipart/mixed;boundary=part'], `${body}--part--\r\n`];
}

function bencoded(value) {
  if (typeof value === 'number') return `i${value}e`;
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  const entries = Object.entries(value).map(([key, each]) => bencoded(key) + bencoded(each));
  return `d${entries.join('')}e`;
}
