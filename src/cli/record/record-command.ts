import { Command, Option } from 'commander';
import { messageOf } from '../../base/errors.js';
import { type CallControl, JackfieldError, PcmServer } from '../../pcm.js';
import {
  OUTPUT_FORMATS,
  type RecordConfig,
  Recorder,
  type RecorderOptions,
  readRecordConfig,
  recorderOptions,
} from '../../recording.js';
import { attachTo, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { tellManager } from '../service-manager.js';
import { joinerOf, offerVoices, type ShareOptions, withShare } from '../share-options.js';
import { stopSignal, untilStopped } from '../shutdown.js';
import { CONTROL_LINES, recordControl } from './record-control.js';
import { jsonLines, liveTable, type RecordView } from './record-view.js';

interface Options extends Partial<EndpointOptions>, ShareOptions {
  readonly config?: string;
  readonly out?: string;
  readonly policy?: 'all' | 'incoming' | 'outgoing' | 'on-demand';
  readonly partner?: string[];
  readonly template?: string;
  readonly format?: RecordConfig['format'];
  readonly encode?: 'after' | 'live';
  readonly encrypt?: string[];
  readonly sign?: string;
  readonly control: boolean;
  readonly json: boolean;
}

/** `jackfield record`: records the calls of an endpoint until it is told to stop. */
export function recordCommand(): Command {
  return withShare(withEndpoint(new Command('record'), 'elsewhere'))
    .option('-c, --config <file>', 'configuration file (JSON); options given here go before it')
    .option('-o, --out <folder>', 'where recordings go (default: recordings)')
    .addOption(
      new Option('--policy <policy>', 'which calls (default: all)').choices([
        ...['all', 'incoming', 'outgoing', 'on-demand'],
      ]),
    )
    .option('--partner <handle...>', 'only calls with these')
    .option('--template <path>', 'path of a recording, such as {date}/{partner}-{id}')
    .addOption(new Option('-f, --format <format...>', 'what to make besides the WAV').choices(OUTPUT_FORMATS))
    .addOption(
      new Option('--encode <when>', 'write them when the call is over, or while it goes on').choices([
        ...['after', 'live'],
      ]),
    )
    .option('--encrypt <recipient...>', 'encrypt to these age recipients (age1...)')
    .option('--sign <file>', 'sign the manifests with this Ed25519 key (PEM)')
    .option('--control', 'take commands on standard input, one a line', false)
    .option('--json', 'print JSON lines', false)
    .addHelpText(
      'after',
      `\nINT or TERM finishes the files and ends; HUP reads the configuration again.\nWith --control: ${CONTROL_LINES}.`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const first = await configured(options);
  const endpoint = endpointOf(first.config, options);
  const as = { name: 'jackfield record' };
  let note: RecordView['note'] = () => undefined;
  // Before it is attached: a call may come at once.
  const servers: PcmServer[] = [];
  await using _voices = await offerVoices(() => servers);
  await using attached = await attachTo(endpoint, as, (what, reason) => {
    if (what !== 'closed') note(`endpoint ${what}`, { attached: endpoint.attach, ...(reason && { reason }) });
  });
  const { client } = attached;
  await using server = new PcmServer();
  servers.push(server);
  let recorder: Recorder | undefined;
  using control = options.control
    ? recordControl(
        client,
        () => recorder,
        () => view,
      )
    : undefined;
  const view: RecordView = options.json
    ? jsonLines(() => recorder)
    : liveTable(
        () => recorder,
        () => control?.typed,
      );
  note = view.note;
  // Before it says that it is ready: a signal that comes at once, or while it takes up what was left, finds it.
  const stop = stopSignal();
  try {
    recorder = await Recorder.start(client, server, first.recorder);
    report(recorder, view);
    warnOfDescriptors(recorder, server, view);
    view.note('ready', { attached: endpoint.attach, folder: first.recorder.folder });
    const reread = () => void rereadConfig(options, endpoint, recorder, view);
    process.on('SIGHUP', reread);
    using _manager = tellManager(stop);
    await untilStopped(stop, client);
    process.off('SIGHUP', reread);
  } finally {
    await recorder?.close();
    view.note('ended', {});
    view.stop();
  }
}

/** The configuration file with what the command line says before it. */
async function configured(options: Options): Promise<{ config: RecordConfig; recorder: RecorderOptions }> {
  const file = options.config ? await readRecordConfig(options.config) : {};
  const { attach: address, out, policy, partner, template, format, encode, encrypt, sign } = options;
  const config: RecordConfig = {
    ...file,
    ...(address !== undefined && { attach: address }),
    ...(out !== undefined && { out }),
    ...(policy !== undefined && { policy }),
    ...(partner !== undefined && { policy: { only: partner } }),
    ...(template !== undefined && { template }),
    ...(format !== undefined && { format }),
    ...(encode !== undefined && { encode }),
    ...(encrypt !== undefined && { encryptTo: encrypt }),
    ...(sign !== undefined && { signingKeyFile: sign }),
  };
  const recorder = await recorderOptions(config);
  const join = await joinerOf(options);
  return { config, recorder: join ? { ...recorder, recording: { ...recorder.recording, join } } : recorder };
}

/** The endpoint of a configuration, with what the command line says before it. */
function endpointOf(
  { attach = 'auto', tls = {}, tokenFile }: RecordConfig,
  options: Options,
): EndpointOptions {
  const { tlsCa = tls.caFile, tlsCert = tls.certFile, tlsKey = tls.keyFile } = options;
  const token = options.tokenFile ?? tokenFile;
  return {
    attach,
    ...(tlsCa !== undefined && { tlsCa }),
    ...(tlsCert !== undefined && { tlsCert }),
    ...(tlsKey !== undefined && { tlsKey }),
    ...(token !== undefined && { tokenFile: token }),
  };
}

async function rereadConfig(
  options: Options,
  endpoint: EndpointOptions,
  recorder: Recorder | undefined,
  view: RecordView,
): Promise<void> {
  try {
    const { config, recorder: next } = await configured(options);
    if (JSON.stringify(endpointOf(config, options)) !== JSON.stringify(endpoint)) {
      const text = `attach, tls and tokenFile cannot change while it runs: it is attached to ${endpoint.attach}.`;
      throw new JackfieldError('ERR_INVALID_ARG', text);
    }
    await recorder?.configure(next);
    view.note('configured', { from: options.config ?? 'the command line' });
  } catch (error) {
    // What was in force stays in force.
    view.note('not configured', { reason: messageOf(error) });
  }
}

/** Ports of one call that is recorded: what is heard, what is said, the microphone. */
const LEASES_PER_CALL = 3;

/** Tells, once, when so many calls are recorded that twice as many would not fit. */
function warnOfDescriptors(recorder: Recorder, server: PcmServer, view: RecordView): void {
  const { advice } = server;
  if (advice === undefined) return;
  const look = () => {
    if (recorder.recordings.length * LEASES_PER_CALL * 2 < server.maxLeases) return;
    recorder.off('recording', look);
    view.note('few descriptors', { advice });
  };
  recorder.on('recording', look);
}

function report(recorder: Recorder, view: RecordView): void {
  const about = (call: CallControl | undefined) => (call ? { call: call.id } : {});
  recorder.on('recording', (recording, begun) => {
    view.watch(recording);
    const { call } = recording;
    view.note(begun ? 'recording' : 'held', {
      call: call.id,
      partner: call.properties.get('PARTNER_HANDLE'),
    });
    recording.on('disk-full', (error) => view.note('disk full', { call: call.id, reason: error.message }));
    recording.on('disk-resumed', () => view.note('disk resumed', { call: call.id }));
    recording.on('limit', () => view.note('limit', { call: call.id }));
  });
  recorder.on('published', ({ file, sidecar }) => {
    const { call, audio, end, complete } = sidecar;
    view.note('published', { call: call.id, file, durationMs: audio.durationMs, end, complete });
  });
  recorder.on('recovered', ({ file }) => view.note('recovered', { file }));
  recorder.on('discarded', ({ sidecar }) => view.note('discarded', { call: sidecar.call.id }));
  recorder.on('failed', (error, call) => view.note('failed', { ...about(call), reason: error.message }));
  recorder.on('undelivered', (event, channel, error, last) =>
    view.note('undelivered', { channel, id: event.id, reason: error.message, last }),
  );
}
