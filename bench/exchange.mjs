// 500 calls between users of one exchange, both ends of each redirected to ports: 1,000 inputs that are read and 1,000
// outputs that are written each 20 ms. The peers are in a process of their own; they check every sample.
// Usage: node bench/exchange.mjs [calls] [seconds]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const FRAME_BYTES = 640;
const PTIME_MS = 20;
/** How far the peers send ahead, in frames; the exchange takes 200 ms of it and holds back the rest. */
const LEAD_FRAMES = 25;
/** A pattern in which no two places look alike, so that a sample too many or too few is seen. */
const PATTERN_FRAMES = 97;
const pattern = Buffer.alloc(2 * PATTERN_FRAMES * FRAME_BYTES);
for (let i = 0; i < pattern.length / 2; i++)
  pattern.writeInt16LE((i % ((PATTERN_FRAMES * FRAME_BYTES) / 2)) + 1, 2 * i);
const PERIOD = PATTERN_FRAMES * FRAME_BYTES;

if (process.send) await peers();
else await main(Number(process.argv[2] ?? 500), Number(process.argv[3] ?? 20));

async function main(calls, seconds) {
  const { Exchange } = await import('../dist/index.js');
  const child = fork(fileURLToPath(import.meta.url));
  const [{ inputPort, outputPort }] = await once(child, 'message');
  const users = Array.from({ length: 2 * calls }, (_, i) => ({ handle: `user${i}` }));
  const exchange = await Exchange.start({ users });
  const sessions = users.map(({ handle }) => attach(exchange, handle));
  for (let i = 0; i < calls; i++) sessions[i].send(`CALL user${calls + i}`);
  await Promise.all(sessions.slice(calls).map((session) => session.saw(/^CALL (\d+) STATUS RINGING/)));
  for (const session of sessions) {
    const id = session.call();
    session.send(`ALTER CALL ${id} SET_OUTPUT PORT="${outputPort}"`);
    session.send(`ALTER CALL ${id} SET_INPUT PORT="${inputPort}"`);
  }
  await Promise.all(sessions.map((session) => session.saw(/^ALTER CALL \d+ SET_INPUT/)));
  for (const session of sessions.slice(calls)) session.send(`ALTER CALL ${session.call()} ANSWER`);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const cpu = process.cpuUsage(before);
  delay.disable();
  child.send('report');
  const [report] = await once(child, 'message');
  const used = (cpu.user + cpu.system) / 1e6;
  process.stdout.write(
    `${JSON.stringify(
      {
        calls,
        seconds,
        streams: report.outputs,
        gaps: report.gaps,
        streamsWithGaps: report.streamsWithGaps,
        framesPerStream: report.frames,
        framesDue: Math.round((seconds * 1000) / PTIME_MS),
        exchangeCpuSeconds: Number(used.toFixed(2)),
        coreShare: Number((used / seconds).toFixed(3)),
        ofThatInTheSystem: Number((cpu.system / 1e6 / used).toFixed(2)),
        peersCpuSeconds: report.cpu,
        loopDelayP99Ms: Number((delay.percentile(99) / 1e6).toFixed(1)),
        rssMb: Math.round(process.memoryUsage.rss() / 1e6),
      },
      undefined,
      2,
    )}\n`,
  );
  child.kill();
  process.exit(report.gaps === 0 ? 0 : 1);
}

function attach(exchange, handle) {
  const lines = [];
  const waits = [];
  const session = exchange.endpoint(handle).connect({
    deliver(line) {
      lines.push(line);
      for (const [index, wait] of waits.entries())
        if (wait?.pattern.test(line)) waits.splice(index, 1)[0].resolve();
    },
    closed() {},
  });
  return {
    send: (line) => session.receive(line),
    call: () => Number(lines.map((line) => /^CALL (\d+) /.exec(line)?.[1]).find((id) => id !== undefined)),
    saw: (pattern) =>
      lines.some((line) => pattern.test(line))
        ? Promise.resolve()
        : new Promise((resolve) => waits.push({ pattern, resolve })),
  };
}

/** Listens for inputs, to which the pattern is sent, and outputs, on which it has to come. */
async function peers() {
  const inputs = new Set();
  const outputs = [];
  const inputServer = createServer({ noDelay: true }, (socket) => {
    inputs.add({ socket, sent: 0 });
    socket.on('error', () => undefined);
    socket.resume();
  });
  const outputServer = createServer({ noDelay: true }, (socket) => {
    const check = { at: -1, gaps: 0, bytes: 0 };
    outputs.push(check);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => verify(check, chunk));
  });
  for (const server of [inputServer, outputServer]) {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
    await once(server, 'listening');
  }
  const startedAt = performance.now();
  const send = () => {
    const due = Math.floor((performance.now() - startedAt) / PTIME_MS);
    for (const input of inputs) {
      input.from ??= due;
      const wanted = due - input.from + LEAD_FRAMES;
      // One write for all that is due; what the kernel holds back is held back by the exchange.
      if (input.sent < wanted && input.socket.writableLength === 0) {
        const frames = Math.min(wanted - input.sent, PATTERN_FRAMES);
        const start = (input.sent * FRAME_BYTES) % PERIOD;
        input.socket.write(pattern.subarray(start, start + frames * FRAME_BYTES));
        input.sent += frames;
      }
    }
  };
  setInterval(send, PTIME_MS);
  process.send({ inputPort: inputServer.address().port, outputPort: outputServer.address().port });
  process.on('message', () => {
    const cpu = process.cpuUsage();
    process.send({
      outputs: outputs.length,
      gaps: outputs.reduce((sum, { gaps }) => sum + gaps, 0),
      streamsWithGaps: outputs.filter(({ gaps, at }) => gaps > 0 || at < 0).length,
      frames: Math.round(Math.min(...outputs.map(({ bytes }) => bytes)) / FRAME_BYTES),
      cpu: Number(((cpu.user + cpu.system) / 1e6).toFixed(2)),
    });
  });
}

/** From its first sample that is not silence on, an output is the pattern without a break. */
function verify(check, chunk) {
  check.bytes += chunk.length;
  let bytes = chunk;
  if (check.at < 0) {
    const first = bytes.findIndex((byte) => byte !== 0);
    if (first < 0) return;
    check.at = 0;
    bytes = bytes.subarray(first - (first % 2));
  }
  while (bytes.length > 0) {
    const part = bytes.subarray(0, PERIOD);
    if (part.compare(pattern, check.at, check.at + part.length) !== 0) {
      check.gaps++;
      check.at = -1;
      return;
    }
    check.at = (check.at + part.length) % PERIOD;
    bytes = bytes.subarray(part.length);
  }
}
