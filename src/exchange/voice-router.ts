import { messageOf } from '../errors.js';
import { formatStreamTargets, parseStreamTargets, type StreamTarget } from '../protocol/stream-target.js';
import { FileDestination, FileSource } from './file-stream.js';
import { dialPort, PortDestination, type PortOptions, PortSource } from './port-stream.js';
import { Refusal } from './refusal.js';
import type { VoiceDestination, VoiceSource } from './stream.js';
import type { UserCall } from './user-call.js';
import type { StreamKind } from './user-voice.js';

/** Answers a redirection that cannot be done: seen on the wire, absent from the reference. */
const UNABLE_TO_ALTER = 589;

/** Options of {@link VoiceRouter}. */
export interface VoiceRouterOptions {
  readonly port: PortOptions;
  /** Folders in which `FILE` may read and write. Default: none, so that `FILE` is refused. */
  readonly fileRoots: readonly string[];
}

/** Carries out SET_INPUT, SET_OUTPUT and SET_CAPTURE_MIC: dials ports and opens files. */
export class VoiceRouter {
  readonly #options: VoiceRouterOptions;
  readonly #targets = new WeakMap<UserCall, Map<StreamKind, readonly StreamTarget[]>>();

  constructor(options: VoiceRouterOptions) {
    this.#options = options;
  }

  /**
   * Redirects one stream of `call`; resolves when every socket is connected and every file open.
   *
   * @throws Refusal 589 with the reason when a target cannot be had; the stream then stays as it was.
   */
  async redirect(call: UserCall, stream: StreamKind, argument: string): Promise<void> {
    try {
      const targets = parseStreamTargets(argument);
      const soundCard = targets.length === 0 || targets.some((target) => target.kind === 'soundcard');
      if (stream === 'INPUT') {
        const sources = await openAll(
          targets,
          (port) => this.#source(port),
          (path) => this.#fileSource(path),
        );
        await call.voice.routeInput({ soundCard, sources });
      } else {
        const destinations = await openAll(
          targets,
          (port) => this.#destination(port),
          (path) => this.#fileDestination(path),
        );
        if (stream === 'OUTPUT') await call.voice.routeOutput({ soundCard, destinations });
        else await call.voice.routeCaptureMic(destinations);
      }
      this.#remember(call, stream, targets);
    } catch (error) {
      const reason = messageOf(error).replace(/\s+/g, ' ');
      throw new Refusal(UNABLE_TO_ALTER, `ALTER CALL: unable to alter input/output: ${reason}`);
    }
  }

  /** The value of the property INPUT, OUTPUT or CAPTURE_MIC of `call`. */
  describe(call: UserCall, stream: StreamKind): string {
    const targets = this.#targets.get(call)?.get(stream);
    if (targets && targets.length > 0) return formatStreamTargets(targets);
    return stream === 'CAPTURE_MIC' ? '' : formatStreamTargets([{ kind: 'soundcard', device: 'default' }]);
  }

  #remember(call: UserCall, stream: StreamKind, targets: readonly StreamTarget[]): void {
    const streams = this.#targets.get(call) ?? new Map<StreamKind, readonly StreamTarget[]>();
    this.#targets.set(call, streams.set(stream, targets));
  }

  async #source(port: number): Promise<VoiceSource> {
    return new PortSource(await dialPort(port), this.#options.port);
  }

  async #destination(port: number): Promise<VoiceDestination> {
    return new PortDestination(await dialPort(port), this.#options.port);
  }

  #fileSource(path: string): Promise<VoiceSource> {
    return FileSource.open(path, this.#options.fileRoots);
  }

  #fileDestination(path: string): Promise<VoiceDestination> {
    return FileDestination.create(path, this.#options.fileRoots);
  }
}

/** Opens the ports and files among `targets`; when one fails, those opened before are closed again. */
async function openAll<T extends { close(): Promise<void> }>(
  targets: readonly StreamTarget[],
  openPort: (port: number) => Promise<T>,
  openFile: (path: string) => Promise<T>,
): Promise<T[]> {
  const opened: T[] = [];
  try {
    for (const target of targets) {
      if (target.kind === 'port') opened.push(await openPort(target.port));
      if (target.kind === 'file') opened.push(await openFile(target.path));
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((stream) => stream.close()));
    throw error;
  }
}
