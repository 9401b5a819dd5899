import type { CallVoice } from '../../call/call-voice.js';
import type { PreparedRecording } from '../record-call.js';
import type { RecorderListener } from './recorder-events.js';

/** Has a recording that is prepared begin with the voice that somebody else opens; `begun` is told then. */
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
