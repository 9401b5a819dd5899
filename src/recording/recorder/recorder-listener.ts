import type { CallVoice } from '../../call/call-voice.js';
import type { PreparedRecording } from '../record-call.js';
import type { RecorderListener } from './recorder-events.js';

/** Starts a prepared recording when its voice is opened by other code, and then calls `begun`. */
export function recorderListener(
  prepared: PreparedRecording,
  begun: (voice: CallVoice) => void,
): RecorderListener {
  return {
    onLease: (...lease) => prepared.onLease(...lease),
    opened: (voice) => {
      prepared.opened(voice);
      begun(voice);
    },
    failed: () => prepared.failed(),
    get recording() {
      return prepared.recording;
    },
  };
}
