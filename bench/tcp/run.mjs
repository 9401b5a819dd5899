// npm run bench:tcp -- [--only echo,record,bulk] [--streams 1000,3000] [--intervals default,250] [--seconds 8]
//                      [--repeats 5] [--megabytes 2000]
//
// The PCM server against its rivals, side by side in the same run. Rivals take turns within each repeat; the table
// has medians. `--intervals`: how often, in ms, the server reads each stream that it records; a row for each, the
// first of which is the one that others are held against; `default`: as often as it does by itself. Needs gcc; nc and
// socat where they are installed. Runs on loopback only; files are written to the system's folder for temporary ones
// (TMPDIR), and removed.
import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000,3000' },
    seconds: { type: 'string', default: '8' },
    repeats: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '2000' },
    intervals: { type: 'string', default: 'default' },
    only: { type: 'string', default: 'echo,record,bulk' },
  },
});
const work = mkdtempSync(join(tmpdir(), 'jackfield-bench-'));
let output = join(work, '0');
let runs = 0;
const portFile = join(work, 'ports');
const FREE_PORT = 7311;
const ECHO_STREAMS = 300;
/** Rest between two runs, in ms. */
const SETTLE_MS = 500;
/** The number of streams whose cost others are compared with. */
const FEW_STREAMS = 100;
/**
 * Measured by itself, in a process that has not recorded before. Its young generation has one size: how V8 chooses it
 * differs from run to run by more than 100 streams take.
 */
const MEMORY = {
  name: 'memory',
  kind: 'lease-memory',
  flags: ['--min-semi-space-size=16', '--max-semi-space-size=16'],
};
/** Silence that a paced sender is ahead with, in bytes: 60 ms. */
const LEAD_BYTES = 1920;

function compile(name) {
  const binary = join(work, name);
  const source = new URL(`./${name}.c`, import.meta.url).pathname;
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', binary, source], { stdio: 'inherit' });
  return binary;
}

/** A child process, and the JSON lines that it prints. */
function launch(command, args, stdio = ['ignore', 'pipe', 'inherit']) {
  const child = spawn(command, args, { stdio });
  const lines = [];
  const waiting = [];
  let text = '';
  child.stdout?.on('data', (data) => {
    text += data;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      const taken = waiting.shift();
      if (taken) taken(line);
      else lines.push(line);
    }
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const line = () =>
    lines.length > 0 ? Promise.resolve(lines.shift()) : new Promise((take) => waiting.push(take));
  return { line, exited };
}

async function listening(port) {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  while (!readFileSync('/proc/net/tcp', 'latin1').includes(wanted)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * A new directory for the files of a run. Those of the run before are emptied, not deleted: ext4 searches for a long
 * time for inodes that were not freed lately, and that would be measured too.
 */
function clean() {
  if (runs > 0) for (const name of readdirSync(output)) truncateSync(join(output, name));
  output = join(work, String(++runs));
  mkdirSync(output);
}

/** Waits until what was written before is on the disk: writing it back takes a core, and would be measured too. */
async function settle() {
  execFileSync('sync');
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

function nodeServer({ kind, intervalMs = Number.NaN, flags = [] }, streams) {
  const script = new URL('./server.mjs', import.meta.url).pathname;
  return launch(process.execPath, [
    '--expose-gc',
    ...flags,
    script,
    kind,
    streams,
    output,
    String(intervalMs),
  ]);
}

/** Starts a server and gives where to dial it. */
async function startServer(rival, streams) {
  const { binary, files = false } = rival;
  if (!binary) {
    const server = nodeServer(rival, String(streams));
    const { ports } = await server.line();
    if (ports.length === 1) return { server, where: String(ports[0]) };
    writeFileSync(portFile, ports.join('\n'));
    return { server, where: portFile };
  }
  const server = launch(binary, [String(FREE_PORT), ...(files ? [output] : [])]);
  await listening(FREE_PORT);
  return { server, where: String(FREE_PORT) };
}

async function record(rival, streams, load) {
  clean();
  const { server, where } = await startServer(rival, streams);
  const sender = launch(load, [where, String(streams), options.seconds]);
  const [sent, result] = [await sender.line(), await server.line()];
  await server.exited;
  return { ...result, lost: sent.sent - result.bytes, refused: sent.refused, late: sent.late };
}

async function bulk(rival, send) {
  clean();
  const path = join(output, 'bulk.raw');
  if (rival.kind) {
    const { server, where } = await startServer(rival, 1);
    const port = where === portFile ? readFileSync(portFile, 'latin1') : where;
    const { seconds } = await launch(send, [port, options.megabytes]).line();
    await server.exited;
    return seconds;
  }
  const server = launch('sh', ['-c', rival.command(FREE_PORT, path)], ['ignore', 'ignore', 'ignore']);
  await listening(FREE_PORT);
  const { seconds } = await launch(send, [String(FREE_PORT), options.megabytes]).line();
  await server.exited;
  return seconds;
}

async function echo(rival, probe) {
  const { server, where } = await startServer(rival, ECHO_STREAMS);
  const skip = rival.binary ? '0' : String(LEAD_BYTES);
  const result = await launch(probe, [where, String(ECHO_STREAMS), options.seconds, skip]).line();
  const { cpu } = await server.line();
  await server.exited;
  return { ...result, cpu };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function has(command) {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs each rival in turn, `repeats` times; gives all its results. */
async function compete(rivals, run) {
  const results = new Map(rivals.map(({ name }) => [name, []]));
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    for (const rival of rivals) {
      await settle();
      results.get(rival.name).push(await run(rival));
    }
  }
  return results;
}

const rows = [];
const row = (what, name, value, ratio, note = '') => rows.push([what, name, value, ratio, note]);

async function benchRecord() {
  const load = compile('pcm-load');
  const ours = options.intervals.split(',').map((ms) => {
    const name = ms === 'default' ? 'jackfield' : `jackfield, read each ${ms} ms`;
    return { name, kind: 'lease-record', intervalMs: Number(ms) };
  });
  const [{ name: first }] = ours;
  const rivals = [
    ...ours,
    { name: 'C epoll', binary: compile('epoll-sink'), files: true },
    { name: 'C coalescing, each 250 ms', binary: compile('coalescing-sink'), files: true },
    { name: 'node pipe', kind: 'pipe-record' },
  ];
  const perStream = new Map();
  const recordedKb = new Map();
  for (const streams of [FEW_STREAMS, ...options.streams.split(',').map(Number)]) {
    const field = streams === FEW_STREAMS ? ours.slice(0, 1) : rivals;
    const results = await compete(field, (rival) => record(rival, streams, load));
    const cost = median(results.get(first).map(({ cpu }) => cpu));
    const whole = median(results.get(first).map((result) => result.whole));
    perStream.set(streams, cost / streams);
    for (const [name, list] of results) {
      const cpu = median(list.map((result) => result.cpu));
      const lost = Math.max(...list.map((result) => Math.abs(result.lost)));
      const held = Math.max(...list.map(({ refused }) => refused));
      const own =
        name === first
          ? `; whole process ${whole.toFixed(2)} s`
          : `; whole process ${(whole / cpu).toFixed(2)}x`;
      const late = median(list.map((result) => result.late));
      const load = late > 0.1 ? `; the load came ${late.toFixed(1)} s late` : '';
      const notes = `${lost} bytes lost${held ? `, ${held} not taken by the kernel` : ''}${own}${load}`;
      row(`record ${streams} streams`, name, `${cpu.toFixed(2)} CPU-s`, (cost / cpu).toFixed(2), notes);
    }
    const [memory] = (await compete([MEMORY], (rival) => record(rival, streams, load))).values();
    const typical = (key) => median(memory.map((result) => result[key]));
    for (const [key, what] of [
      ['idleKb', 'per idle lease'],
      ['recordedKb', `per recorded stream; whole process ${typical('processMb').toFixed(0)} MB`],
    ]) {
      row(`memory at ${streams}`, 'jackfield', `${typical(key).toFixed(1)} KB`, '', what);
    }
    recordedKb.set(streams, typical('recordedKb') * streams);
    row(`wheel at ${streams}`, 'jackfield', `${typical('latenessP99Ms').toFixed(1)} ms`, '', 'late at p99');
  }
  const most = Math.max(...perStream.keys());
  const further = (recordedKb.get(most) - recordedKb.get(FEW_STREAMS)) / (most - FEW_STREAMS);
  row(
    `memory from ${FEW_STREAMS} to ${most}`,
    'jackfield',
    `${further.toFixed(1)} KB`,
    '',
    'per further stream',
  );
  const ratio = perStream.get(most) / perStream.get(FEW_STREAMS);
  row('CPU per stream', `${most} against ${FEW_STREAMS}`, '', ratio.toFixed(2));
}

async function benchBulk() {
  const send = compile('bulk-send');
  const rivals = [
    { name: 'jackfield', kind: 'lease-record' },
    { name: 'node pipe', kind: 'pipe-record' },
    ...(has('nc') ? [{ name: 'nc', command: (port, path) => `exec nc -l 127.0.0.1 ${port} > ${path}` }] : []),
    ...(has('socat')
      ? [
          {
            name: 'socat',
            command: (port, path) =>
              `exec socat -u TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr OPEN:${path},creat`,
          },
        ]
      : []),
  ];
  const results = await compete(rivals, (rival) => bulk(rival, send));
  const ours = median(results.get('jackfield'));
  for (const [name, list] of results) {
    const seconds = median(list);
    const speed = Number(options.megabytes) / seconds;
    row(
      `one stream of ${options.megabytes} MB`,
      name,
      `${speed.toFixed(0)} MB/s`,
      (ours / seconds).toFixed(2),
      'ratio of times',
    );
  }
}

async function benchEcho() {
  const probe = compile('echo-probe');
  const rivals = [
    { name: 'jackfield', kind: 'lease-echo' },
    { name: 'C epoll', binary: compile('echo-server') },
  ];
  const results = await compete(rivals, (rival) => echo(rival, probe));
  for (const [name, list] of results) {
    const [p50, p99] = ['p50', 'p99'].map((key) => median(list.map((result) => result[key])));
    const missing = Math.max(...list.map((result) => result.missing));
    const cpu = median(list.map((result) => result.cpu));
    row(
      `echo at ${ECHO_STREAMS} streams`,
      name,
      `${p50.toFixed(2)} / ${p99.toFixed(2)} ms`,
      '',
      `p50 / p99, ${missing} missing; whole process ${cpu.toFixed(2)} CPU-s`,
    );
  }
}

const minuteLoad = () => loadavg()[0].toFixed(1);

const BENCHES = { record: benchRecord, bulk: benchBulk, echo: benchEcho };
const loadBefore = minuteLoad();
try {
  for (const name of options.only.split(',')) await BENCHES[name]();
} finally {
  rmSync(work, { recursive: true, force: true });
}
const header = ['what', 'server', 'median', 'ours / its', 'notes'];
const table = [header, header.map(() => '---'), ...rows];
process.stdout.write(`${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`);
process.stdout.write(
  `\n${cpus().length} cores, Node ${process.versions.node}; load average ${loadBefore} before, ${minuteLoad()} after; ` +
    `medians of ${options.repeats}.\n`,
);
