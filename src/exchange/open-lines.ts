import { checkArgument, checkOptions, having, oneOf, whole, words } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import type { Fence } from '../base/listener/fence.js';
import type { Clock } from '../base/time/clock.js';
import { LEG, type Leg } from '../switch/leg.js';
import {
  type IncomingCalls,
  type IncomingWay,
  LINE_RULES,
  type Line,
  type LineOptions,
  type LineTable,
  ONWARD,
} from '../switch/line.js';
import { checkIdentity } from './wire-value.js';

const LINE = having('lineTo');
const ONWARDS = oneOf(...ONWARD);
const HOPS = whole(0, 255);

/** The part of the exchange that {@link OpenLines} uses. */
export interface OpenLinesContext {
  readonly table: LineTable;
  readonly clock: Clock;
  readonly fence: Fence;
  place(leg: Leg, target: string, way?: IncomingWay): boolean;
}

/** The lines that an exchange has opened. */
export class OpenLines {
  readonly #context: OpenLinesContext;
  readonly #lines: Line[] = [];
  #closed = false;

  constructor(context: OpenLinesContext) {
    this.#context = context;
  }

  /** Opens a line and routes calls through it. @throws ERR_INVALID_ARG, ERR_CLOSED, and the errors of the line. */
  async add(line: Line, options: LineOptions): Promise<void> {
    checkOptions(options, LINE_RULES);
    checkArgument('line', line, LINE);
    checkArgument('line.name', line.name, words);
    if (this.#closed) throw new JackfieldError('ERR_CLOSED', 'The exchange is closed and accepts no line.');
    const { table } = this.#context;
    this.#lines.push(line);
    try {
      await line.open?.(this.#incoming(line));
    } catch (error) {
      this.#forget(line);
      throw error;
    }
    if (this.#lines.includes(line)) table.add(line, options);
  }

  /** Closes every line, also when one of them throws. */
  async close(): Promise<void> {
    this.#closed = true;
    const lines = this.#lines.splice(0);
    await Promise.all(
      lines.map((line) => {
        this.#context.table.remove(line);
        return this.#context.fence.run(`line ${line.name}`, () => line.close?.());
      }),
    );
  }

  #incoming(line: Line): IncomingCalls {
    const { clock, fence, place } = this.#context;
    return {
      clock,
      failed: (error) => fence.tell(error, `line ${line.name}`),
      place: (leg, target, way = {}) => {
        checkArgument('leg', leg, LEG);
        checkArgument('target', target, words);
        checkIdentity('leg', leg.identity);
        if (way.onward !== undefined) checkArgument('way.onward', way.onward, ONWARDS);
        if (way.hops !== undefined) checkArgument('way.hops', way.hops, HOPS);
        if (way.forwardedBy) checkIdentity('way.forwardedBy', way.forwardedBy);
        return !this.#closed && place(leg, target, way);
      },
    };
  }

  #forget(line: Line): void {
    const index = this.#lines.indexOf(line);
    if (index >= 0) this.#lines.splice(index, 1);
  }
}
