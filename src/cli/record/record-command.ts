import { Command, Option } from 'commander';
import { EventFeed, FeedSources } from '../../feed.js';
import { JackfieldError, PcmServer } from '../../pcm.js';
import { type RecordConfig, Recorder, type RecorderOptions, recorderOptions } from '../../recording.js';
import { attachTo, type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { faultText } from '../failure.js';
import { tellManager } from '../service-manager.js';
import { joinerOf, offerVoices, type ShareOptions, withShare } from '../share-options.js';
import { stopSignal, untilStopped } from '../shutdown.js';
import {
  type AfterCallsArguments,
  afterCallsOf,
  liveMaskFor,
  withAfterCalls,
} from './after-calls-options.js';
import { type BesidesOptions, forkOf, watchRecordings, withBesides } from './fork-options.js';
import { CONTROL_LINES, recordControl } from './record-control.js';
import { newsOf, type RecordedFrom } from './record-news.js';
import { jsonLines, liveTable, type RecordView } from './record-view.js';
import { type RecordingOptions, recordingConfig, withRecording } from './recording-options.js';

interface Options
  extends Partial<EndpointOptions>,
    ShareOptions,
    RecordingOptions,
    BesidesOptions,
    AfterCallsArguments {
  readonly policy?: 'all' | 'incoming' | 'outgoing' | 'on-demand';
  readonly partner?: string[];
  readonly control: boolean;
  readonly json: boolean;
}

/** `jackfield record`: records the calls of an endpoint until stopped. */
export function recordCommand(): Command {
  return withAfterCalls(
    withBesides(withRecording(withShare(withEndpoint(new Command('record'), 'elsewhere')))),
  )
    .addOption(
      new Option('--policy <policy>', 'which calls (default: all)').choices([
        ...['all', 'incoming', 'outgoing', 'on-demand'],
      ]),
    )
    .option('--partner <handle...>', 'record only calls with these handles or numbers')
    .option('--control', 'read commands from standard input, one per line', false)
    .option('--json', 'print one JSON object per line', false)
    .addHelpText(
      'after',
      `\nSIGINT or SIGTERM finishes the files and ends; SIGHUP reloads the configuration.\nWith --control: ${CONTROL_LINES}.`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const first = await configured(options);
  // Errors are reported before attaching.
  await Recorder.check(first.recorder);
  const endpoint = endpointOf(first.config, options);
  const feed = new EventFeed();
  const sources = new FeedSources(feed);
  // Set up before attaching, because a call may arrive at once.
  const servers: PcmServer[] = [];
  await using _voices = await offerVoices(() => servers);
  await using attached = await attachTo(endpoint, { name: 'jackfield record' }, () => undefined);
  const { client } = attached;
  const account = await client.parameters.get('CURRENTUSERHANDLE');
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
  // Set up before the event `ready`: a signal may arrive at once, or during the recovery of earlier recordings.
  const stop = stopSignal({ hasCalls: true });
  const shown = showNews(feed, view, {
    attached: endpoint.attach,
    folder: first.recorder.folder,
    from: options.config ?? 'the command line',
  });
  sources.client(endpoint.attach, account, client);
  sources.server(server, account);
  try {
    recorder = await Recorder.start(client, server, first.recorder);
    sources.recorder(recorder);
    watchRecordings(recorder, view, { ...options, hidesKeys: recorder.masksKeys });
    adviseOnDescriptors(recorder, server, feed);
    feed.tell({ type: 'service', what: 'ready' });
    const reread = () => void rereadConfig(options, endpoint, recorder, feed);
    process.on('SIGHUP', reread);
    using _manager = tellManager(stop);
    await untilStopped(stop, client);
    process.off('SIGHUP', reread);
  } finally {
    await recorder?.close();
    feed.tell({ type: 'service', what: 'ended' });
    feed.close();
    await shown;
    view.stop();
  }
}

/** Shows the events of the feed in the view until the feed is closed. */
async function showNews(feed: EventFeed, view: RecordView, about: RecordedFrom): Promise<void> {
  const told = newsOf(about);
  await feed.each({ name: 'terminal' }, (event) => {
    const news = told(event);
    if (news) view.note(news, event.at);
  });
}

/** Merges the configuration file with the options, which take precedence. */
async function configured(options: Options): Promise<{ config: RecordConfig; recorder: RecorderOptions }> {
  const { attach: address, policy, partner } = options;
  const config: RecordConfig = {
    ...(await recordingConfig(options)),
    ...(address !== undefined && { attach: address }),
    ...(policy !== undefined && { policy }),
    ...(partner !== undefined && { policy: { only: partner } }),
  };
  const recorder = await recorderOptions(config);
  const join = joinerOf(options);
  const after = await afterCallsOf(recorder.afterCalls, options);
  return {
    config,
    recorder: {
      ...{ ...recorder, ...(await forkOf(options)), ...after },
      recording: { ...recorder.recording, join, ...liveMaskFor(after, recorder.recording?.mask, options) },
    },
  };
}

/** Merges the endpoint of a configuration with the options, which take precedence. */
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
  feed: EventFeed,
): Promise<void> {
  try {
    const { config, recorder: next } = await configured(options);
    if (JSON.stringify(endpointOf(config, options)) !== JSON.stringify(endpoint)) {
      const text = `attach, tls and tokenFile cannot change while the recorder runs: it is attached to ${endpoint.attach}.`;
      throw new JackfieldError('ERR_INVALID_ARG', text);
    }
    await recorder?.configure(next);
    feed.tell({ type: 'service', what: 'configured' });
  } catch (error) {
    // The previous configuration stays in use.
    feed.tell({ type: 'service', what: 'not-configured', text: faultText(error) });
  }
}

/** Ports per recorded call: output, input and microphone. */
const LEASES_PER_CALL = 3;

/** Sends one advice when more than half of the possible calls are recorded. */
function adviseOnDescriptors(recorder: Recorder, server: PcmServer, feed: EventFeed): void {
  const { advice } = server;
  if (advice === undefined) return;
  const look = () => {
    if (recorder.recordings.length * LEASES_PER_CALL * 2 < server.maxLeases) return;
    recorder.off('recording', look);
    feed.tell({ type: 'service', what: 'advice', text: advice });
  };
  recorder.on('recording', look);
}
