import { messageOf } from '../../base/errors.js';
import type { CallRecording } from '../../recording.js';
import type { RecordView } from './record-view.js';

/** Tells what is heard of a call while it is recorded, but for its level, and at its end the figures. */
export async function tellAnalysis(recording: CallRecording, view: RecordView): Promise<void> {
  const { id: call } = recording.call;
  try {
    const { analyse } = await import('../../analysis.js');
    const analysis = analyse(recording);
    for await (const { type, ...event } of analysis) {
      if (type !== 'level') view.note({ event: type, fields: { call, ...event } });
    }
    const { durationMs, legs, talk } = analysis.report();
    const { events: _events, turns: _turns, ...figures } = talk;
    const ofLegs = legs.map(({ speechMs, talkRatio, interruptionsMade, activeLevelDbov }) => ({
      ...{ speechMs, talkRatio, interruptionsMade, activeLevelDbov },
    }));
    const { dropped } = analysis.stats;
    view.note({ event: 'analysed', fields: { call, durationMs, ...figures, legs: ofLegs, dropped } });
  } catch (error) {
    // The recording goes on without it.
    view.note({ event: 'not-analysed', fields: { call, reason: messageOf(error) } });
  }
}
