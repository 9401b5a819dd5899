import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { JackfieldError } from '../../base/errors.js';
import { isLoopback } from '../../base/system/peer-limits.js';
import { whenFired } from '../../base/wait.js';
import { EventFeed, type FeedEvent, FeedSources } from '../../feed.js';
import { fileError } from '../../files/file-error.js';
import { type RtpPorts, type SipPorts, SiprecServer } from '../../line.js';
import { type RecordConfig, Recorder, recorderOptions, recordSiprec } from '../../recording.js';
import { between, portOption } from '../options.js';
import {
  type AfterCallsArguments,
  afterCallsOf,
  liveMaskFor,
  withAfterCalls,
} from '../record/after-calls-options.js';
import { type BesidesOptions, forkOf, watchRecordings, withBesides } from '../record/fork-options.js';
import type { News } from '../record/record-news.js';
import { jsonLines, liveTable, type RecordView } from '../record/record-view.js';
import { type RecordingOptions, recordingConfig, withRecording } from '../record/recording-options.js';
import { tellManager } from '../service-manager.js';
import { stopSignal } from '../shutdown.js';

interface Options extends RecordingOptions, BesidesOptions, AfterCallsArguments {
  readonly host: string;
  readonly port: number;
  readonly rtpPorts?: RtpPorts;
  readonly advertise?: string;
  readonly tlsPort?: number;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly tlsCa?: string;
  readonly allow?: string[];
  readonly threads: number;
  readonly json: boolean;
}

/** Threads that receive. Two serve more calls than the thread that records. */
const THREADS = Math.min(2, availableParallelism() - 1);
const LOOPBACK = ['127.0.0.1', '::1'];
/** Port of SIP over TLS (RFC 3261, section 19.1.2). */
const SIPS_PORT = 5061;
/** Wildcard addresses, to which a client cannot send voice. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
/** Settings of `jackfield record` that do not apply to calls of a recording client. */
const OF_ENDPOINTS = ['attach', 'tls', 'tokenFile', 'policy', 'hours', 'consent', 'preRollMs'] as const;

/** `jackfield siprec`: records the calls that session border controllers send, until stopped. */
export function siprecCommand(): Command {
  return withAfterCalls(withBesides(withRecording(new Command('siprec'))))
    .option('--host <address>', 'address of this machine to listen on', hostOption, '127.0.0.1')
    .option('--port <port>', 'UDP and TCP port of SIP; 0 lets the system choose', portOption, 5060)
    .option('--advertise <address>', 'public address of this machine behind a NAT', hostOption)
    .option(
      '--tls-port <port>',
      'port of SIP over TLS; needs --tls-cert and --tls-key (default: 5061)',
      portOption,
    )
    .option('--tls-cert <file>', 'certificate of this server (PEM)')
    .option('--tls-key <file>', 'private key of this server (PEM)')
    .option(
      '--tls-ca <file>',
      'CA certificates (PEM); each client must then present a certificate that they signed',
    )
    .option(
      '--rtp-ports <range>',
      'port range of RTP, such as 20000-29999 (default: the system chooses)',
      rangeOption,
    )
    .option(
      '--allow <address...>',
      'addresses that may send calls (default: this machine, when --host is a loopback address)',
    )
    .addOption(
      new Option('--threads <n>', 'threads that receive; 0: the one that records receives as well')
        .argParser(between(0, 16))
        .default(THREADS, 'one for each further processor, up to 2'),
    )
    .option('--json', 'print one JSON object per line', false)
    .addHelpText('after', '\nSIGINT or SIGTERM ends the calls, finishes the files and exits.')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const allow = allowed(options);
  const tls = await tlsOf(options);
  const config = await recordingConfig(options);
  checkConfig(config);
  const configured = await recorderOptions(config);
  const after = await afterCallsOf(configured.afterCalls, options);
  const settings = {
    ...{ ...configured, ...(await forkOf(options)), ...after },
    recording: { ...configured.recording, ...liveMaskFor(after, configured.recording?.mask, options) },
  };
  const recorder = await Recorder.open(settings);
  const feed = new EventFeed();
  const view: RecordView = options.json
    ? jsonLines(() => recorder)
    : liveTable(
        () => recorder,
        () => undefined,
      );
  const shown = feed.each({ name: 'terminal' }, (event) => {
    const news = newsOf(event);
    if (news) view.note(news, event.at);
  });
  new FeedSources(feed).recorder(recorder);
  watchRecordings(recorder, view, { ...options, hidesKeys: recorder.masksKeys });
  // Set up before the event `ready`, because a signal may arrive at once.
  const stop = stopSignal({ hasCalls: true });
  let server: SiprecServer | undefined;
  try {
    server = await serverOf(options, tls, allow, recorder);
    server.on('refused', (status, from) => view.note({ event: 'refused', fields: { status, from } }));
    server.on('lost', (cause, calls) => {
      const text = `${calls.length} calls: ${cause.message}`;
      feed.failed('siprec', new JackfieldError(cause.code, text, { cause }));
    });
    server.on('dropped', (packets) => view.note({ event: 'dropped', fields: { packets } }));
    server.on('failure', (error) => feed.failed('siprec', error));
    for (const { kind, host, port } of server.addresses)
      view.note({ event: 'listening', fields: { transport: kind, host, port } });
    view.note({ event: 'ready', fields: { folder: settings.folder, allow: allow.join(' ') } });
    using _manager = tellManager(stop);
    await new Promise<void>((resolve) => whenFired(stop, resolve));
  } finally {
    await server?.close();
    await recorder.close();
    feed.close();
    await shown;
    view.note({ event: 'stopped', fields: {} });
    view.stop();
  }
}

function serverOf(
  { host, port, rtpPorts, advertise, threads }: Options,
  tls: SipPorts['tls'],
  allow: readonly string[],
  recorder: Recorder,
): Promise<SiprecServer> {
  return SiprecServer.open({
    ports: { udp: { host, port }, tcp: { host, port }, ...(tls && { tls }) },
    allow,
    threads,
    ...(rtpPorts && { rtpPorts }),
    ...(advertise !== undefined && { advertised: advertise }),
    onSession: (session) => recordSiprec(session, recorder),
  });
}

/** Reads the TLS options of the server; undefined without any. @throws ERR_INVALID_ARG, ERR_FILE. */
async function tlsOf({ host, tlsPort, tlsCert, tlsKey, tlsCa }: Options): Promise<SipPorts['tls']> {
  if ([tlsPort, tlsCert, tlsKey, tlsCa].every((option) => option === undefined)) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new JackfieldError('ERR_INVALID_ARG', 'TLS needs both --tls-cert and --tls-key.');
  const [cert, key] = await Promise.all([readWhole(tlsCert), readWhole(tlsKey)]);
  const ca = tlsCa === undefined ? undefined : await readWhole(tlsCa);
  const port = tlsPort ?? SIPS_PORT;
  return { host, port, cert, key, ...(ca !== undefined && { ca, needsClientCertificate: true }) };
}

async function readWhole(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
}

/** Converts an event of the feed to a line. Recording events keep the names of the feed. */
function newsOf(event: FeedEvent): News | undefined {
  const { v: _, at: __, type, account: ___, ...fields } = event;
  switch (type) {
    case 'recording': {
      const { what, ...rest } = fields as { readonly what: string };
      return { event: what, fields: rest };
    }
    case 'failure':
      return { event: 'failed', fields };
    case 'loss':
    case 'dropped':
      return { event: type, fields };
    default:
      return undefined;
  }
}

/** Addresses of accepted peers. @throws ERR_INVALID_ARG when `--allow` is needed. */
function allowed({ host, allow }: Options): readonly string[] {
  if (allow) {
    const wrong = allow.find((address) => isIP(address) === 0);
    if (wrong === undefined) return allow;
    throw new JackfieldError('ERR_INVALID_ARG', `--allow takes addresses such as 192.0.2.20, not ${wrong}.`);
  }
  if (isLoopback(host)) return LOOPBACK;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `Other machines can reach ${host}: list the addresses that may send calls with --allow.`,
  );
}

/** @throws ERR_INVALID_ARG for settings without effect here. */
function checkConfig(config: RecordConfig): void {
  const found = OF_ENDPOINTS.filter((name) => config[name] !== undefined);
  if (found.length === 0) return;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `The configuration has ${found.join(', ')}, which apply to calls of an endpoint. SIPREC records every call from its beginning: remove them.`,
  );
}

function hostOption(text: string): string {
  if (isIP(text) !== 0 && !EVERYWHERE.has(text)) return text;
  throw new InvalidArgumentError(
    'Give an address of this machine that clients can reach, such as 192.0.2.10.',
  );
}

function rangeOption(text: string): RtpPorts {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (from >= 1 && from < to && to <= 65_535) return { from, to };
  throw new InvalidArgumentError('Give a range of ports such as 20000-29999.');
}
