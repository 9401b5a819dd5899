import type { CallRecording } from '../../recording.js';
import { faultFields } from '../failure.js';
import type { RecordView } from './record-view.js';

/**
 * Shows the events of a call's analysis during its recording, except levels, and the figures at the end.
 *
 * @param hidesKeys True to show pressed keys as `*`.
 */
export async function tellAnalysis(
  recording: CallRecording,
  view: RecordView,
  hidesKeys = false,
): Promise<void> {
  const { id: call } = recording.call;
  try {
    const { analyse } = await import('../../analysis.js');
    const analysis = analyse(recording);
    for await (const { type, ...event } of analysis) {
      if (type === 'level') continue;
      const hidden = hidesKeys && 'key' in event ? { key: { ...event.key, digit: '*' } } : {};
      view.note({ event: type, fields: { call, ...event, ...hidden } });
    }
    const { durationMs, legs, talk } = analysis.report();
    const { events: _events, turns: _turns, ...figures } = talk;
    const ofLegs = legs.map(({ speechMs, talkRatio, interruptionsMade, activeLevelDbov }) => ({
      ...{ speechMs, talkRatio, interruptionsMade, activeLevelDbov },
    }));
    const { dropped } = analysis.stats;
    view.note({ event: 'analysed', fields: { call, durationMs, ...figures, legs: ofLegs, dropped } });
  } catch (error) {
    // The recording continues without the analysis.
    const { error: reason, code } = faultFields(error);
    view.note({ event: 'not-analysed', fields: { call, reason, code } });
  }
}
