import { messageOf } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { formatStreamTargets, parseStreamTargets, type StreamTarget } from '../../protocol/stream-target.js';
import type { ClientFiles } from '../client-files.js';
import type { FailureListener } from './file-stream.js';
import { PortOutputs } from './port-destination.js';
import type { PortOptions } from './port-dial.js';
import { PortSource } from './port-source.js';
import type { RedirectedStream, Routed } from './route-changes.js';
import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';
import type { UserVoice } from './user-voice.js';

/** The object that a stream is opened for. */
export interface StreamOwner {
  readonly object: string;
  readonly id: number;
  readonly stream: RedirectedStream;
}

/** A redirected stream of a user that was flushed and closed, with its statistics. */
export interface ClosedStream extends StreamOwner {
  /** Handle of the user. */
  readonly handle: string;
  readonly stats: StreamStats;
  /** The error, if closing has failed. */
  readonly error?: unknown;
}

/** Opens the target of a redirected stream. Rejects with the reason when it is not available. */
export interface StreamOpener {
  source(target: StreamTarget, owner: StreamOwner): Promise<VoiceSource>;
  destination(target: StreamTarget, owner: StreamOwner): Promise<VoiceDestination>;
  /** Gives the normal form of a target, by which equal targets are recognised. Default: as it is written. */
  spelling?(target: StreamTarget): StreamTarget;
}

/** Makes the opener for real ports and files. `failed` is called with disk errors during a call. */
export function streamOpener(
  clock: Clock,
  options: PortOptions,
  files: ClientFiles,
  failed: FailureListener,
): StreamOpener {
  const outputs = new PortOutputs(options, clock);
  const patient = options.patienceMs > 0;
  return {
    spelling: (target) =>
      target.kind === 'file' ? { ...target, path: files.spelling(target.path) } : target,
    source: async (target) =>
      target.kind === 'port'
        ? await PortSource.dial(target.port, options)
        : await files.source(pathOf(target), failed),
    destination: async (target, { object, id, stream }) =>
      target.kind === 'port'
        ? await outputs.dial(target.port)
        : await files.destination(pathOf(target), `${object} ${id} ${stream}`, { patient, failed }),
  };
}

/**
 * Carries out SET_INPUT, SET_OUTPUT or SET_CAPTURE_MIC with `argument`. Resolves to the value of the property when all
 * sockets are connected and all files open. A target that is listed again continues unchanged.
 *
 * @throws Error with the reason when a target is not available; the stream then stays as it was.
 */
export function redirect(
  voice: UserVoice,
  owner: StreamOwner,
  argument: string,
  opener: StreamOpener,
): Promise<string> {
  return voice.inTurn(owner.stream, () => carryOut(voice, owner, argument, opener));
}

async function carryOut(
  voice: UserVoice,
  owner: StreamOwner,
  argument: string,
  opener: StreamOpener,
): Promise<string> {
  const listed = parseStreamTargets(argument);
  // An empty list removes the redirection. The microphone is captured only on request.
  const targets = listed.length === 0 && owner.stream !== 'CAPTURE_MIC' ? [SOUND_CARD] : listed;
  const external = targets.filter((target) => target.kind !== 'soundcard');
  // Every device other than the default one is muted (reference, "ALTER CALL SET_OUTPUT").
  const soundCard = targets.some(
    (target) => target.kind === 'soundcard' && target.device.toLowerCase() === SOUND_CARD.device,
  );
  if (owner.stream === 'INPUT') {
    const sources = await openAll(external, voice.input.sources, opener, (target) =>
      opener.source(target, owner),
    );
    voice.routeInput({ soundCard, sources });
  } else {
    const before = owner.stream === 'OUTPUT' ? voice.output.destinations : voice.captureMic;
    const destinations = await openAll(external, before, opener, (target) =>
      opener.destination(target, owner),
    );
    if (owner.stream === 'OUTPUT') voice.routeOutput({ soundCard, destinations });
    else voice.routeCaptureMic(destinations);
  }
  return formatStreamTargets(targets);
}

const SOUND_CARD = { kind: 'soundcard', device: 'default' } as const;

/** Reason of a failed redirection, in one line. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ');
}

function pathOf(target: StreamTarget): string {
  return target.kind === 'file' ? target.path : '';
}

/** Opens all targets except those that continue from `before`. When one fails, the opened ones are closed again. */
async function openAll<T extends VoiceSource | VoiceDestination>(
  targets: readonly StreamTarget[],
  before: readonly Routed<T>[],
  opener: StreamOpener,
  open: (target: StreamTarget) => Promise<T>,
): Promise<Routed<T>[]> {
  const spare = before.filter(({ stream }) => !stream.over);
  const routed: Routed<T>[] = [];
  const opened: T[] = [];
  try {
    for (const each of targets) {
      const target = formatStreamTargets([opener.spelling?.(each) ?? each]);
      const at = spare.findIndex((known) => known.target === target);
      const [known] = at < 0 ? [] : spare.splice(at, 1);
      const stream = known?.stream ?? (await open(each));
      if (!known) opened.push(stream);
      routed.push({ target, stream });
    }
    return routed;
  } catch (error) {
    await Promise.all(opened.map((stream) => stream.close()));
    throw error;
  }
}
