import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { checkArgument, checkOptions, type Rules, whole } from '../../base/check.js';
import { deferred } from '../../base/deferred.js';
import { ERROR_CODES, type ErrorCode, JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { whenFired } from '../../base/wait.js';
import type { PcmProgress } from '../../voice/pcm-input.js';
import type { AnalysisReport } from '../analysis-report.js';
import { ANALYSE_FILE_RULES, ANALYSED, type AnalyseFileOptions } from './analyse-file.js';

/** Request to a worker: a file to measure. */
export interface WorkerRequest {
  readonly input: string | readonly string[];
  readonly options: Omit<
    AnalyseFileOptions,
    'onEvent' | 'onEnvelopes' | 'onProgress' | 'signal' | 'transcriber'
  >;
  /** True when the worker is to send the envelopes. */
  readonly envelopes: boolean;
}

/** An answer of a worker. */
export type WorkerAnswer =
  | { readonly progress: PcmProgress }
  | { readonly envelopes: Float32Array[] }
  | { readonly report: AnalysisReport }
  | { readonly error: { readonly code: string; readonly message: string } };

/**
 * Options of {@link AnalysisPool.analyse}. A transcriber cannot be passed to a thread: add the result of
 * `transcribeFile` with `withWords`.
 */
export type PoolOptions = Omit<AnalyseFileOptions, 'onEvent' | 'transcriber'>;

const { onEvent: _onEvent, transcriber: _transcriber, ...OF_THREADS } = ANALYSE_FILE_RULES;
const RULES: Rules<PoolOptions> = OF_THREADS;

interface Job extends WorkerRequest {
  readonly onProgress: ((progress: PcmProgress) => void) | undefined;
  readonly onEnvelopes: ((envelopes: Float32Array[]) => void) | undefined;
  readonly resolve: (report: AnalysisReport) => void;
  readonly reject: (error: Error) => void;
}

/** Analyses files in parallel, each in a thread of its own. */
export class AnalysisPool implements AsyncDisposable {
  readonly #workers: number;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  #isClosed = false;

  /** @param workers Number of threads, 1 to 256. Default: the number of cores. @throws ERR_INVALID_ARG */
  constructor(workers: number = availableParallelism()) {
    checkArgument('workers', workers, whole(1, 256));
    this.#workers = workers;
  }

  /**
   * Measures a file, as `analyseFile` does.
   *
   * @throws the errors of `analyseFile`; ERR_CLOSED when the pool is closed meanwhile.
   */
  async analyse(input: string | readonly string[], options: PoolOptions = {}): Promise<AnalysisReport> {
    checkArgument('input', input, ANALYSED);
    checkOptions(options, RULES);
    if (this.#isClosed) throw closed();
    const { onProgress, onEnvelopes, signal, ...rest } = options;
    const { promise, resolve, reject } = deferred<AnalysisReport>();
    const envelopes = onEnvelopes !== undefined;
    const job: Job = { input, options: rest, envelopes, onProgress, onEnvelopes, resolve, reject };
    this.#waiting.push(job);
    const forget = signal && whenFired(signal, () => this.#abort(job, signal.reason));
    this.#next();
    try {
      return await promise;
    } finally {
      forget?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const jobs = [...this.#waiting.splice(0), ...this.#busy.values()];
    const workers = [...this.#idle, ...this.#busy.keys()];
    this.#busy.clear();
    for (const job of jobs) job.reject(closed());
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const worker = this.#idle.pop() ?? (this.#busy.size < this.#workers ? this.#started() : undefined);
    const job = worker && this.#waiting.shift();
    if (!worker || !job) return;
    this.#busy.set(worker, job);
    const { input, options, envelopes } = job;
    worker.postMessage({ input, options, envelopes } satisfies WorkerRequest);
    this.#next();
  }

  #started(): Worker {
    const worker = new Worker(new URL('./analysis-worker.js', import.meta.url));
    worker.on('message', (answer: WorkerAnswer) => {
      const job = this.#busy.get(worker);
      if ('progress' in answer) {
        observe('onProgress', job?.onProgress, answer.progress);
        return;
      }
      if ('envelopes' in answer) {
        observe('onEnvelopes', job?.onEnvelopes, answer.envelopes);
        return;
      }
      this.#busy.delete(worker);
      this.#idle.push(worker);
      if ('report' in answer) job?.resolve(answer.report);
      else job?.reject(new JackfieldError(codeOf(answer.error.code), answer.error.message));
      this.#next();
    });
    worker.on('error', (error) => {
      const job = this.#busy.get(worker);
      this.#busy.delete(worker);
      job?.reject(error);
      this.#next();
    });
    return worker;
  }

  #abort(job: Job, cause: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    for (const [worker, busy] of this.#busy) {
      if (busy !== job) continue;
      this.#busy.delete(worker);
      void worker.terminate();
    }
    job.reject(new JackfieldError('ERR_ABORTED', 'The analysis was stopped.', { cause }));
    this.#next();
  }
}

function codeOf(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'ERR_FILE';
}

function closed(): JackfieldError {
  return new JackfieldError('ERR_CLOSED', 'The pool of analyses was closed.');
}
