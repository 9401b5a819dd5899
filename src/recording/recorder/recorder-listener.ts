import type { CallVoice } from '../../call/call-voice.js';
import type { PreparedRecording } from '../record-call.js';
import type { RecorderListener } from './recorder-events.js';

/** Has a prepared recording begin with the voice that another part opens; `begun` is called then. */
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
