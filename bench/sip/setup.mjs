// Reads and writes an INVITE, then has SIPp (Debian: sip-tester) call a robot of an exchange at a rate.
// The time of the 200 has the half second that the exchange takes to find the one called; it is taken off. A hundred calls
// before those that are measured have the code compiled. `late` is by how much the event loop was behind: what the machine
// has not given to this process, and what this process has not given to its timers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readDatagram, writeMessage } from '../../build/line/sip-message/sip-message.js';
import { Exchange, RobotDestination, systemClock } from '../../dist/exchange.js';
import { sipLine } from '../../dist/line.js';

const ROUTING_MS = 500;
const WARM_UP = 100;
const INVITE = [
  'INVITE sip:+442079460000@192.0.2.1:5060 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK74bf9aab;rport',
  'Via: SIP/2.0/UDP 198.51.100.9:5080;branch=z9hG4bK74bf9000;received=198.51.100.9',
  'Max-Forwards: 69',
  'Record-Route: <sip:192.0.2.9;lr;ftag=9fxced76sl>',
  'From: "Alice Example" <sip:+15550100@example.com>;tag=9fxced76sl',
  'To: <sip:+442079460000@192.0.2.1>',
  'Call-ID: 3848276298220188511@example.com',
  'CSeq: 2 INVITE',
  'Contact: <sip:+15550100@198.51.100.9:5080;transport=udp>',
  'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, PRACK, UPDATE',
  'Supported: 100rel, timer, replaces',
  'Session-Expires: 1800;refresher=uac',
  'Min-SE: 90',
  'P-Asserted-Identity: <sip:+15550100@example.com>',
  'User-Agent: Example SBC 7.2',
  'Content-Type: application/sdp',
  'Content-Length: 285',
  '',
  'v=0',
  'o=- 53655765 2353687637 IN IP4 198.51.100.9',
  's=-',
  'c=IN IP4 198.51.100.9',
  't=0 0',
  'm=audio 16000 RTP/AVP 8 0 9 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

/** CPU time of `work`, in microseconds each, after as many times without being measured. */
function microseconds(work) {
  const times = 50_000;
  let before;
  for (let n = 0; n < 2 * times; n++) {
    if (n === times) before = process.cpuUsage();
    work();
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / times).toFixed(1);
}
/** Measures. Returns false where a call is missing. */
export async function setup(calls, rate) {
  const bytes = Buffer.from(INVITE);
  const message = readDatagram(bytes);
  const [read, write] = [microseconds(() => readDatagram(bytes)), microseconds(() => writeMessage(message))];
  process.stdout.write(
    `An INVITE of ${bytes.length} bytes: ${read} us of CPU to read, ${write} us to write\n`,
  );

  const identity = { handle: 'robot', fullName: 'Robot', network: 'P2P' };
  const behaviour = { ringMs: 0, outcome: 'answer', steps: [], stay: true };
  const exchange = await Exchange.start({ robots: [new RobotDestination(identity, behaviour, systemClock)] });
  const line = sipLine({
    listen: { udp: { host: '127.0.0.1', port: 0 } },
    trunk: { uri: 'sip:127.0.0.1' },
    to: 'robot',
    limits: { calls: 10_000, callsPerMinute: 60_000 },
  });
  await exchange.addLine(line);
  const [{ port }] = line.addresses;
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-sip-'));
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const args = [
    '-sn',
    'uac',
    '-i',
    '127.0.0.1',
    '-s',
    'robot',
    `127.0.0.1:${port}`,
    '-m',
    String(calls + WARM_UP),
    '-r',
    String(rate),
    '-d',
    '500',
  ];
  const sipp = spawn('sipp', [...args, '-nostdin', '-trace_rtt', '-rtt_freq', '1'], {
    cwd: folder,
    stdio: 'ignore',
  });
  // A call is three messages of SIPp.
  while (line.counts.received < 2 * WARM_UP) await new Promise((resolve) => setTimeout(resolve, 20));
  loop.enable();
  const before = process.cpuUsage();
  const [code] = await once(sipp, 'close');
  loop.disable();
  const { user, system } = process.cpuUsage(before);
  const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('rtt.csv'));
  const rows = (await readFile(join(folder, file), 'utf8'))
    .trim()
    .split('\n')
    .slice(1 + WARM_UP);
  const times = rows.map((row) => Number(row.split(';')[1]) - ROUTING_MS).sort((a, b) => a - b);
  const at = (part) => Math.max(0, times[Math.floor(times.length * part)] ?? Number.NaN).toFixed(0);
  process.stdout.write(
    `${times.length} of ${calls} calls at ${rate}/s: 200 OK after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ` +
      `${((user + system) / 1000 / calls).toFixed(2)} ms of CPU a call; ` +
      `late p50 ${(loop.percentile(50) / 1e6).toFixed(0)} ms, p99 ${(loop.percentile(99) / 1e6).toFixed(0)} ms\n`,
  );
  await exchange.close();
  await rm(folder, { recursive: true });
  return code === 0 && times.length === calls;
}
