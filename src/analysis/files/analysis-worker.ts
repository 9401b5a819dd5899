import { parentPort } from 'node:worker_threads';
import { asError } from '../../base/errors.js';
import { analyseFile } from './analyse-file.js';
import type { WorkerAnswer, WorkerRequest } from './analysis-pool.js';

/** Least time between two notices of progress, in milliseconds. */
const PROGRESS_MS = 200;

parentPort?.on('message', (request: WorkerRequest) => {
  const tell = (answer: WorkerAnswer) => parentPort?.postMessage(answer);
  let toldAt = 0;
  const options = {
    ...request.options,
    ...(request.envelopes && { onEnvelopes: (envelopes: Float32Array[]) => tell({ envelopes }) }),
    onProgress: (progress: { readonly position: number; readonly sampleCount: number | undefined }) => {
      if (performance.now() - toldAt < PROGRESS_MS) return;
      toldAt = performance.now();
      tell({ progress });
    },
  };
  analyseFile(request.input, options).then(
    (report) => tell({ report }),
    (cause: unknown) => {
      const error = asError(cause);
      tell({ error: { code: Reflect.get(error, 'code') as string, message: error.message } });
    },
  );
});
