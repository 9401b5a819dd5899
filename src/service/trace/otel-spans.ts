import { checkArgument, having, rule } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { CallSpan, SpanSink } from './call-spans.js';

/** The used part of `@opentelemetry/api`, which a program with an SDK provides. */
export interface OpenTelemetryApi {
  readonly ROOT_CONTEXT: unknown;
  readonly trace: {
    getTracer(name: string): OpenTelemetryTracer;
    setSpan(context: never, span: never): unknown;
  };
}

/** A tracer of {@link OpenTelemetryApi}. */
export interface OpenTelemetryTracer {
  startSpan(name: string, options: { startTime: number }, context: never): OpenTelemetrySpan;
}

/** A span of {@link OpenTelemetryApi}. */
export interface OpenTelemetrySpan {
  setAttribute(key: string, value: string | number | boolean): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(endTime: number): void;
}

const STATUS_ERROR = 2;
const API = rule('the API of OpenTelemetry', (value) =>
  having('getTracer', 'setSpan').accepts((Object(value) as Partial<OpenTelemetryApi>).trace),
);

/**
 * Creates a sink for {@link traceCalls} that makes spans with the OpenTelemetry API, for programs with its SDK. The SDK
 * assigns the ids.
 *
 * @param api Default: the package `@opentelemetry/api`.
 * @throws ERR_UNSUPPORTED when that package is not installed.
 */
export async function openTelemetrySpans(api?: OpenTelemetryApi): Promise<SpanSink> {
  if (api !== undefined) checkArgument('api', api, API);
  const { trace, ROOT_CONTEXT } = api ?? (await installed());
  const tracer = trace.getTracer('jackfield');
  const begun = new WeakMap<CallSpan, OpenTelemetrySpan>();
  return {
    begin(span) {
      const parent = span.parent && begun.get(span.parent);
      const context = parent ? trace.setSpan(ROOT_CONTEXT as never, parent as never) : ROOT_CONTEXT;
      begun.set(span, tracer.startSpan(span.name, { startTime: span.startMs }, context as never));
    },
    end(span) {
      const other = begun.get(span);
      for (const [key, value] of span.attributes) other?.setAttribute(key, value);
      if (span.failure !== undefined) other?.setStatus({ code: STATUS_ERROR, message: span.failure });
      other?.end(span.endMs ?? span.startMs);
    },
  };
}

async function installed(): Promise<OpenTelemetryApi> {
  try {
    return (await import('@opentelemetry/api')) as OpenTelemetryApi;
  } catch (cause) {
    const text = 'Traces with an SDK need the package @opentelemetry/api: install it beside the SDK.';
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  }
}
