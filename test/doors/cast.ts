import { mkdir, writeFile } from 'node:fs/promises';
import { CallerCard } from '../../src/bot/test/caller-card.js';
import { TestCaller } from '../../src/bot/test/test-caller.js';
import { TestTranscript } from '../../src/bot/test/test-transcript.js';
import { dialectNamed } from '../../src/line/dialect/dialects.js';
import { type AgentPeer, serveAgent } from '../../src/line/media/agent-peer.js';
import { memoryConnections } from '../../src/line/media/memory-connection.js';
import { SiprecSession } from '../../src/line/siprec/siprec-session.js';
import { FedStream } from '../../src/stream/fed-stream.js';
import * as jackfield from '../all-names.js';

/** Instances of the public classes and interfaces, by the name of their type. */
export type Cast = ReadonlyMap<string, unknown>;

const SCENARIO = { users: [{ handle: 'jack' }, { handle: 'desk' }] };
const ACCOUNT = { address: 'sip:jack@127.0.0.1:9', password: 'x' };
const { VOICE_FORMAT } = jackfield;

/**
 * Makes one of each in the current folder: an exchange whose users talk, and everything that is put on top. Its clock
 * stands still afterwards.
 *
 * @param undo Takes what is to be closed in the end.
 */
export async function castOf(undo: AsyncDisposable[]): Promise<Cast> {
  for (const name of ['calls', 'mails', 'log', 'tape', 'outbox']) await mkdir(name);
  await writeFile('scenario.json', JSON.stringify(SCENARIO));
  const clock = new jackfield.VirtualClock(Date.UTC(2026, 0, 1));
  const over = new AbortController();
  const running = runOn(clock, over.signal);
  const cast = new Map<string, unknown>();
  const add = (made: Readonly<Record<string, unknown>>): void => {
    for (const [name, each] of Object.entries(made)) cast.set(name, each);
  };
  const scenario = await jackfield.Scenario.load('scenario.json', clock);
  const exchange = await jackfield.Exchange.start({ clock, patienceMs: 5000, ...scenario.options });
  add({
    Exchange: exchange,
    TestExchange: exchange,
    TestExchangeStarter: jackfield.Exchange,
    Scenario: scenario,
  });
  undo.push(exchange);
  await addOnTheSwitch(add, exchange, clock);
  await addOnTheWire(add, exchange, clock);
  await addCall(add, exchange, clock, undo);
  await addFiles(add, clock);
  await addAnalysis(add, clock);
  await addLines(add, clock, undo);
  await addService(add, exchange, clock, undo);
  add({ VirtualClock: new jackfield.VirtualClock(), Clock: new jackfield.VirtualClock() });
  over.abort();
  await running;
  return cast;
}

type Add = (made: Readonly<Record<string, unknown>>) => void;

/** What an exchange hands to those who write legs and destinations for it. */
async function addOnTheSwitch(add: Add, exchange: jackfield.Exchange, clock: jackfield.Clock): Promise<void> {
  const identity = { handle: 'actor', fullName: 'Actor', network: 'P2P' } as const;
  const behaviour = { ringMs: 0, outcome: 'answer', steps: [], stay: true } as const;
  const robot = new jackfield.RobotDestination(identity, behaviour, clock);
  const robotLeg = robot.leg();
  const leg = {
    identity,
    voice: robotLeg.voice,
    place: (placing: jackfield.Placing) => {
      add({ Placing: placing });
      placing.start();
    },
    connected: (conversation: jackfield.Conversation) => add({ Conversation: conversation }),
    ended: () => undefined,
  };
  const stage = {
    identity: { handle: 'stage', fullName: 'Stage', network: 'P2P' } as const,
    arrive: (attempt: jackfield.Attempt) => attempt.answer(leg),
  };
  const ringing = {
    identity: { handle: 'ringing', fullName: 'Ringing', network: 'P2P' } as const,
    arrive: (attempt: jackfield.Attempt) => add({ Attempt: attempt }),
  };
  exchange.addRobot(robot);
  exchange.addRobot(ringing);
  exchange.addRobot(stage);
  exchange.callFrom(leg, 'desk');
  add({ CatalogueEntry: { file: 'call.wav', id: 'call', segment: 1 } });
  add({ ConversationTranscript: { schema: 'jackfield.transcript/1', sampleRate: 16_000, parts: [] } });
  add({ RobotDestination: robot, Destination: robot, RobotLeg: robotLeg, Leg: leg, Party: robotLeg.voice });
}

async function addOnTheWire(add: Add, exchange: jackfield.Exchange, clock: jackfield.Clock): Promise<void> {
  const endpoint = exchange.endpoint('jack');
  const client = { deliver: () => undefined, closed: () => undefined };
  const session = endpoint.connect(client);
  const transport = new jackfield.MemoryTransport(endpoint);
  const handlers = { line: () => undefined, closed: () => undefined };
  add({
    Endpoint: endpoint,
    MemoryEndpoint: endpoint,
    SessionClient: client,
    Session: session,
    MemorySession: session,
  });
  add({ MemoryTransport: transport, Transport: transport, TransportHandlers: handlers });
  add({ Link: await transport.open(handlers), AutoTransport: new jackfield.AutoTransport([transport]) });
  add({
    TcpTransport: new jackfield.TcpTransport({ port: 9 }),
    DbusTransport: new jackfield.DbusTransport({ address: 'unix:path=none' }),
  });
  add({
    X11Transport: new jackfield.X11Transport({ display: ':9999' }),
    MacTransport: new jackfield.MacTransport({ osascript: 'none' }),
  });
  add({
    WindowsTransport: new jackfield.WindowsTransport({
      discoverTimeoutMs: 1,
      desktop: () =>
        ({
          registerMessage: () => 1,
          openWindow: () => {
            throw new Error('no window');
          },
          isWindow: () => false,
        }) as never,
    }),
  });
  add({ WireRecorder: await jackfield.WireRecorder.open('tape', clock) });
  add({ LineFramer: new jackfield.LineFramer() });
  const account = { address: 'http://127.0.0.1:9', token: 'x', retries: 0 };
  add({ AccountClient: new jackfield.AccountClient(account) });
}

/** A bot that talks to somebody, and all that hears them. */
async function addCall(
  add: Add,
  exchange: jackfield.Exchange,
  clock: jackfield.Clock,
  undo: AsyncDisposable[],
): Promise<void> {
  const client = await jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint('jack')), { clock });
  const server = new jackfield.PcmServer({ clock });
  const prompts = await jackfield.Prompts.open({ engine: jackfield.melodyEngine() });
  undo.push(client, server);
  const host = new jackfield.BotHost({ client, server, prompts, clock });
  for (const other of ['stage', 'ringing']) await client.call(other);
  const call = await client.call('actor');
  await call.reached('INPROGRESS');
  const voice = await jackfield.openCallVoice(call, server);
  const bot = jackfield.bot(() => undefined);
  const botCall = await new Promise<jackfield.BotCall>((resolve) => {
    const staying = jackfield.bot(async (it: jackfield.BotCall) => {
      resolve(it);
      await new Promise((over) => it.signal.addEventListener('abort', over));
    });
    void host.call(staying, 'actor');
  });
  const recorder = await jackfield.Recorder.open({ folder: 'calls', clock });
  const recording = await jackfield.recordVoice(voice, { file: 'calls/a.wav', clock });
  const lease = await server.lease({ object: 'CALL 9', stream: 'input', direction: 'send' });
  const parts = {
    handle: 'jack',
    client,
    clock,
    card: new CallerCard(),
    prompts,
    transcript: new TestTranscript(clock),
  };
  add({
    Client: client,
    CommandSender: client,
    PcmServer: server,
    LeaseSource: server,
    Prompts: prompts,
    BotHost: host,
    Bot: bot,
  });
  add({
    BotCall: botCall,
    Call: call,
    CallControl: call,
    CallVoice: voice,
    Recorder: recorder,
    CallRecording: recording,
  });
  const heard = await server.lease({ object: 'CALL 9', stream: 'output', direction: 'receive' });
  add({
    Lease: heard,
    PcmStream: new FedStream(clock),
    LegPair: { remote: heard, local: undefined, localSide: 'sent' },
    Player: lease.player,
    TestCaller: new TestCaller(parts),
  });
  add({
    Devices: client.devices,
    Parameters: client.parameters,
    Profile: client.profile,
    User: client.user('desk'),
  });
  add({
    Voicemail: client.voicemail(1),
    Conference: client.conference(1),
    VoiceStream: call.input,
  });
  await addPeople(add, exchange, clock, undo, { client, host });
  await addTexts(add, client, clock, undo);
  add({ RemoteObject: client.user('desk'), ObjectCollection: client.calls });
  add({
    SpeechEngine: jackfield.melodyEngine(),
    SpokenLanguage: jackfield.english,
    Room: new jackfield.Room(),
  });
  add({ PreparedRecording: await jackfield.prepareRecording(call, { file: 'calls/b.wav', clock }) });
}

/** Applications, short messages, files, and entries of the window. */
async function addTexts(
  add: Add,
  client: jackfield.Client,
  clock: jackfield.Clock,
  undo: AsyncDisposable[],
): Promise<void> {
  const exchange = await jackfield.Exchange.start({ users: [{ handle: 'jack' }, { handle: 'desk' }] });
  const attached = (handle: string) =>
    jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint(handle)));
  const [jack, desk] = [await attached('jack'), await attached('desk')];
  undo.push(exchange, jack, desk);
  const [application] = [await jack.application('cast'), await desk.application('cast')];
  const [stream] = await application.connect('desk');
  add({ Application: application, ApplicationStream: stream });
  const item = await jack.menuItem({ id: 'item', context: 'TOOLS', caption: 'Item' });
  add({ MenuItem: item, WindowEntry: item, Alert: await jack.alert({ id: 'alert', caption: 'Alert' }) });
  add({ SmsCollection: client.sms, Sms: client.sms.get(1), FileTransfer: client.transfers.get(1) });
  add({ SimulatedSms: new jackfield.SimulatedSms(clock) });
}

/** Contacts, groups, chats, and a bot that is written to. */
async function addPeople(
  add: Add,
  exchange: jackfield.Exchange,
  clock: jackfield.Clock,
  undo: AsyncDisposable[],
  { client, host }: { readonly client: jackfield.Client; readonly host: jackfield.BotHost },
): Promise<void> {
  const { contacts, groups, chats } = client;
  const desk = await jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint('desk')), { clock });
  undo.push(desk);
  const talking = new Promise<jackfield.BotChat>((resolve) => host.once('chatting', resolve));
  const chatBot = jackfield.chatBot(async (it) => {
    await new Promise((over) => it.signal.addEventListener('abort', over));
  });
  await host.attendChats(chatBot);
  const { id } = await desk.chats.message('jack', 'hello');
  const botChat = await talking;
  const { chat } = botChat;
  const [member] = await chat.members();
  add({ Contacts: contacts, Groups: groups, Group: groups.get(1), VersionedObject: groups.get(1) });
  add({ Chats: chats, Chat: chat, ChatMember: member, ChatMessage: desk.chats.messages.get(id) });
  add({ BotChat: botChat, ChatBot: chatBot });
}

async function addFiles(add: Add, clock: jackfield.Clock): Promise<void> {
  const wav = await jackfield.WavWriter.create('x.wav');
  wav.write(new Int16Array(320));
  const log = await jackfield.CampaignLog.open('log');
  const archive = await jackfield.VoicemailArchive.open('mails');
  const mixer = new jackfield.Mixer();
  const timeline = new jackfield.ManualTimeline(8000);
  add({
    WavWriter: wav,
    PcmSink: wav,
    WavReader: await jackfield.WavReader.open('x.wav'),
    AudioFile: await jackfield.openAudio('x.wav'),
  });
  add({
    CampaignLog: log,
    CampaignStore: log.store('x'),
    VoicemailArchive: archive,
    Catalogue: jackfield.Catalogue.open('calls'),
  });
  add({ Mixer: mixer, MixerSource: mixer.addSource(), ManualTimeline: timeline, SampleTimeline: timeline });
  add({ Outbox: new jackfield.Outbox({ folder: 'outbox', channels: {}, clock }) });
  add({
    Flow: await jackfield.parseFlow('name: x\nsteps:\n  end: { do: hangup }\n'),
    DoNotCallList: await jackfield.DoNotCallList.open('do-not-call.txt'),
    AnswerDetector: await jackfield.AnswerDetector.create(),
    BeepDetector: new jackfield.BeepDetector(),
  });
  add({
    VoiceDetector: await jackfield.VoiceDetector.create(),
    Resampler: new jackfield.Resampler({ from: 8000, to: 16_000 }),
  });
  add({
    OpusDecoder: await jackfield.OpusDecoder.create({ format: VOICE_FORMAT }),
    OpusEncoder: await jackfield.OpusEncoder.create({ format: VOICE_FORMAT }),
  });
  add({
    AutoGain: new jackfield.AutoGain(),
    PcmTransform: new jackfield.AutoGain(),
    ClippingDetector: new jackfield.ClippingDetector(),
  });
  add({
    LevelMeter: new jackfield.LevelMeter(),
    PcmAnalyzer: new jackfield.LevelMeter(),
    LoudnessMeter: new jackfield.LoudnessMeter(),
  });
  add({ SilenceDetector: new jackfield.SilenceDetector(), SilenceTrimmer: new jackfield.SilenceTrimmer() });
  add({ DtmfDetector: new jackfield.DtmfDetector(), ToneDetector: new jackfield.ToneDetector() });
  add({ LegAligner: new jackfield.LegAligner({ write: () => undefined, final: () => undefined } as never) });
}

/** Analyses; the pool is closed, so that what it takes is not measured. */
async function addAnalysis(add: Add, clock: jackfield.Clock): Promise<void> {
  const analysis = new jackfield.ConversationAnalysis();
  const pool = new jackfield.AnalysisPool();
  await pool[Symbol.asyncDispose]();
  const pair = { remote: new FedStream(clock), local: new FedStream(clock), localSide: 'received' } as const;
  add({ ConversationAnalysis: analysis, AnalysisPool: pool, AnalysisReport: analysis.report() });
  add({ RunningAnalysis: jackfield.runAnalysis(pair, { clock }) });
}

/** Lines that nobody has opened, and voices that come by one. */
async function addLines(add: Add, clock: jackfield.Clock, undo: AsyncDisposable[]): Promise<void> {
  const rtp = await jackfield.RtpSession.open({ clock });
  const siprec = await SiprecSession.open('siprec', { clock, address: '127.0.0.1' });
  const fork = jackfield.fork(new FedStream(clock), 'tcp://127.0.0.1:9', { clock });
  const [, there] = memoryConnections();
  const dialect = dialectNamed('raw');
  const given = { dialect, variant: undefined, format: dialect.format, clock };
  serveAgent(there, (peer: AgentPeer) => add({ AgentPeer: peer }), given);
  undo.push(rtp, fork, { [Symbol.asyncDispose]: () => siprec.close() });
  add({ RtpSession: rtp, SiprecSession: siprec, Fork: fork });
  add({ MediaLine: jackfield.audioSocketLine(), SipLine: jackfield.sipLine({ account: ACCOUNT }) });
}

async function addService(
  add: Add,
  exchange: jackfield.Exchange,
  clock: jackfield.Clock,
  undo: AsyncDisposable[],
): Promise<void> {
  const feed = new jackfield.EventFeed(clock);
  const config = { endpoints: { desk: { attach: 'exchange:desk' } } };
  const service = await jackfield.Service.start(config, { feed, clock, exchange });
  undo.push(service);
  const state = { calls: () => new Map(), recordings: () => 0, endpoints: () => new Map() };
  add({
    EventFeed: feed,
    FeedSources: service.sources,
    Service: service,
    Office: service,
  });
  add({ FeedMetrics: new jackfield.FeedMetrics(feed, state, new AbortController().signal), config });
  const hooks = { reload: async () => [], drained: () => undefined };
  const desk = new jackfield.ControlDesk(service, hooks);
  const tokens = await jackfield.BearerTokens.read({ tokens: {} });
  add({ ControlDesk: desk, BearerTokens: tokens, RestApi: new jackfield.RestApi(desk, tokens) });
  const sink = { end: () => undefined };
  add({ SpanSink: sink, CallSpans: new jackfield.CallSpans(sink) });
  add({ FeedHooks: await jackfield.FeedHooks.open(feed, { outbox: 'hooks', hooks: {} }, clock) });
  add({ Queue: await jackfield.Queue.open({ clock }) });
}

/** Lets a clock run by itself. */
async function runOn(clock: jackfield.VirtualClock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.run({ signal });
    await new Promise((resolve) => setImmediate(resolve));
  }
}
