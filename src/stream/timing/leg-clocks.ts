import { msToSamples } from '../../base/pcm.js';
import type { LegName } from '../align/ledger.js';
import type { Stretcher } from '../align/stretcher.js';
import { CallTimeLine } from './call-time-line.js';
import { type OnWindow, WINDOW_MS } from './delay-windows.js';
import { DriftControl } from './drift.js';
import { LegClock } from './leg-clock.js';

/** Options of the clocks of a call's legs. */
export interface LegClocksOptions {
  busyMs(): number;
  /** Returns the stretcher that removes the drift of the local leg; undefined when the drift is to stay. */
  readonly stretcher: (() => Stretcher) | undefined;
}

/** The least delay of a leg in a window of time, with its error. */
interface Window {
  readonly number: number;
  readonly delay: number;
  readonly noise: number;
}

/** Makes the clocks of both legs on one time line. The remote leg sets the pace of the time line. */
export function legClocks(options: LegClocksOptions): Readonly<Record<LegName, LegClock>> {
  const { busyMs, stretcher } = options;
  const line = new CallTimeLine();
  const control = new DriftControl(msToSamples(WINDOW_MS));
  const newest: Partial<Record<LegName, Window>> = {};
  const noteWindow = (leg: LegName, window: Window) => {
    newest[leg] = window;
    const { local, remote } = newest;
    if (!stretcher || !local || local.number !== remote?.number) return;
    if (!clocks.local.live || !clocks.remote.live) return;
    const noise = Math.max(local.noise, remote.noise);
    control.measure(local.number, local.delay - remote.delay, stretcher().net, noise);
    stretcher().rate = control.rate;
  };
  const clockOf = (leg: LegName): LegClock => {
    const onWindow: OnWindow = (number, delay, noise) => noteWindow(leg, { number, delay, noise });
    return new LegClock(line, { busyMs, onWindow, sets: leg === 'remote' });
  };
  const clocks = { local: clockOf('local'), remote: clockOf('remote') };
  return clocks;
}
