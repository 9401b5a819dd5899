import { JackfieldError } from '../../base/errors.js';
import { removeFile } from '../../files/private-file.js';
import type { CallRecording } from '../call-recording.js';
import type { SegmentResult } from '../file/segment.js';
import { recordingFiles } from '../recording-files.js';

/** Callbacks for the files of a recording. */
export interface RecordingFollower {
  /** Shortest recording that is kept, in milliseconds. */
  readonly discardBelowMs: number;
  publish(segment: SegmentResult): Promise<unknown>;
  discard(segment: SegmentResult): Promise<unknown>;
  failed(error: Error): void;
}

/** Publishes each complete file of a recording, as soon as the recording is long enough to be kept. */
export async function followRecording(recording: CallRecording, follower: RecordingFollower): Promise<void> {
  const { discardBelowMs, failed } = follower;
  const complete: SegmentResult[] = [];
  let publishing: Promise<void> = Promise.resolve();
  const publish = async () => {
    for (let segment = complete.shift(); segment; segment = complete.shift()) await follower.publish(segment);
  };
  const isLongEnough = () => recording.positionMs > 0 && recording.positionMs >= discardBelowMs;
  recording.on('segment', (segment) => {
    complete.push(segment);
    if (!isLongEnough()) return;
    publishing = publishing.then(publish).catch((error: Error) => failed(error));
  });
  const told = new Set<Error>();
  const tell = (error: Error) => {
    if (!told.has(error)) failed(error);
    told.add(error);
  };
  recording.on('disk-full', tell);
  recording.on('segment-refused', tell);
  if (recording.refused) tell(recording.refused);
  try {
    const { error } = await recording.finished;
    await publishing;
    if (error) tell(error);
    if (isLongEnough()) await publish();
    for (const segment of complete) await follower.discard(segment);
  } catch (error) {
    // A recording in memory that was never started has no files.
    if (!(error instanceof JackfieldError && error.code === 'ERR_INVALID_STATE')) throw error;
  }
}

/** Removes all files of a segment, the manifest last: a manifest without audio marks an unfinished removal. */
export async function removeSegment({ file, sidecar, manifestFile }: SegmentResult): Promise<void> {
  const others = recordingFiles(file, sidecar).filter((path) => path !== manifestFile);
  for (const path of [...others, manifestFile]) await removeFile(path);
}
