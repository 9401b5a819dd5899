/** Quality of voice that came by a line: measurements of its packets, and an estimate of a listener's judgement. */
export interface LineQuality {
  readonly codec: string;
  readonly packets: number;
  /** Packets that never came. */
  readonly lost: number;
  /** Packets that came too late and were discarded. */
  readonly late: number;
  readonly duplicates: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1), in ms. */
  readonly jitterMs: number;
  /** Packets that were not played, in percent. */
  readonly lossPercent: number;
  /** Mean length of the losses in a row, against that of losses at random: 1 or more. */
  readonly burstRatio: number;
  /** Delay from mouth to ear, in ms, as far as it is known. */
  readonly delayMs: number;
  /** Voice that was inserted and removed to follow the delay and the clock, in ms; absent for lines that do neither. */
  readonly insertedMs?: number;
  readonly removedMs?: number;
  /** Scale of `r`: 0 to 93.2 `narrowband`, 0 to 129 `wideband` (ITU-T G.107, G.107.1). */
  readonly scale: 'narrowband' | 'wideband';
  /** Transmission rating; absent where it cannot be computed. */
  readonly r?: number;
  /** Mean opinion score of a listener, 1 to 4.5; absent where it cannot be computed. */
  readonly mos?: number;
  /** Inputs of `r` and `mos`, or the reason why there are none, for a person to read. */
  readonly basis: string;
}
