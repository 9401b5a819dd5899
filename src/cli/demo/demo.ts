import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whenFired } from '../../base/wait.js';
import type { CallState } from '../../control.js';
import { attach, type Call, TcpTransport } from '../../control.js';
import { type CallVoice, PcmServer } from '../../pcm.js';
import type { RecordingProgress, RecordingSidecar } from '../../recording.js';
import { type CallRecording, recordCall } from '../../recording.js';
import {
  drawWaveform,
  msToSamples,
  ToneDetector,
  toFormat,
  transcode,
  VOICE_FORMAT,
  WavReader,
} from '../../voice.js';
import { ExchangeProcess } from '../exchange/exchange-process.js';
import { checkOutput, intoFile } from '../outputs.js';

/** Options of the demo. */
export interface DemoOptions {
  readonly input?: string;
  readonly out: string;
  readonly fast: boolean;
}

/** Shows the progress of the demo. */
export interface DemoView {
  state(state: CallState): void;
  progress(progress: RecordingProgress): void;
  /** Called at the start of a step after the call. */
  step(text: string): void;
  summary(result: DemoResult): void;
}

/** Results of the demo; `--json` prints them. */
export interface DemoResult {
  readonly files: {
    readonly recording: string;
    readonly transcoded: string;
    readonly waveform: string;
    readonly sidecar: string;
  };
  readonly sizes: Readonly<Record<string, number>>;
  readonly spoken: string;
  readonly sidecar: RecordingSidecar;
  /** Seconds that the call took on the wall clock. */
  readonly tookSeconds: number;
  readonly error?: string;
}

const SERVICE = 'echo123';
/** Existing files are not replaced. */
const KEPT = { force: false };
const SPEECH = fileURLToPath(new URL('../../../assets/speech/reader-870.wav', import.meta.url));
/** Pause between the beep and the voice, in ms, so that the voice is scheduled in time. */
const AFTER_BEEP_MS = 500;
/** Lead of the playback, in ms. It can be long, for a busy machine, because there is no barge-in. */
const LEAD_MS = 240;

/** Calls the test service on an exchange in its own process, speaks after the beep, records, and writes the files. */
export async function runDemo(
  options: DemoOptions & { readonly hangUp: AbortSignal; readonly view: DemoView },
): Promise<DemoResult> {
  const { hangUp, view } = options;
  const spoken = options.input ?? SPEECH;
  const file = fileName(options.out);
  await checkOutput(file, KEPT);
  await using speech = await WavReader.open(spoken);
  await using exchange = await ExchangeProcess.start({ manual: options.fast });
  await using client = await attach(new TcpTransport({ port: exchange.port }), {
    name: 'jackfield demo',
    reattach: false,
  });
  await using server = new PcmServer();
  const startedAt = performance.now();
  const call = await client.call(SERVICE);
  whenFired(hangUp, () => void call.hangUp().catch(() => undefined));
  const recording = await recordCall(call, server, { file, leadMs: LEAD_MS });
  recording.on('progress', (progress) => view.progress(progress));
  const speaking = speakAfterBeep(recording.voice, speech);
  if (options.fast) exchange.run();
  const [finished] = await Promise.all([recording.finished, showStates(call, view), speaking]);
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const files = await makeFiles(recording, finished.sidecarFile, view);
  return {
    files,
    sizes: await sizesOf(Object.values(files)),
    spoken,
    sidecar: finished.sidecar,
    tookSeconds,
    ...(finished.error ? { error: finished.error.message } : {}),
  };
}

/** Plays the speech at a position in samples after the beep, so that every run is the same. */
async function speakAfterBeep(voice: CallVoice, speech: WavReader): Promise<void> {
  const beepEnd = await endOfBeep(voice);
  if (beepEnd === undefined) return;
  const at = beepEnd + msToSamples(AFTER_BEEP_MS) - voice.inputStart;
  await voice.player.play(toFormat(speech, speech.format, VOICE_FORMAT), { at, underrun: 'wait' }).finished;
}

/** Resolves to the end of the first beep on the call's time line, in samples; undefined when the call ends before. */
async function endOfBeep(voice: CallVoice): Promise<number | undefined> {
  const detector = new ToneDetector({ frequency: 1000 });
  for await (const { samples } of voice.remote.frames()) {
    const beep = detector.push(samples).find((event) => event.type === 'end');
    if (beep?.type === 'end') return beep.end;
  }
  return undefined;
}

async function showStates(call: Call, view: DemoView): Promise<void> {
  try {
    for await (const state of call.states()) view.state(state);
  } catch {
    // The exchange has ended. The recording's result reports it.
  }
}

async function makeFiles(
  recording: CallRecording,
  sidecar: string,
  view: DemoView,
): Promise<DemoResult['files']> {
  const { file } = recording;
  const transcoded = file.replace(/wav$/, 'flac');
  const waveform = file.replace(/wav$/, 'png');
  view.step('Transcoding to FLAC');
  await intoFile(transcoded, KEPT, (output) =>
    transcode({ input: file, output, tags: { title: `Call with ${SERVICE}` } }),
  );
  view.step('Drawing the waveform');
  await intoFile(waveform, KEPT, (output) =>
    drawWaveform({ input: file, output, labels: ['sent', SERVICE] }),
  );
  return { recording: file, transcoded, waveform, sidecar };
}

function fileName(folder: string): string {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return join(folder, `${stamp}-${SERVICE}.wav`);
}

async function sizesOf(paths: readonly string[]): Promise<Record<string, number>> {
  const sizes = await Promise.all(paths.map(async (path) => [path, (await stat(path)).size] as const));
  return Object.fromEntries(sizes);
}
