import {
  checkArgument,
  checkOptions,
  listOf,
  needed,
  object,
  type Rules,
  rule,
  words,
} from '../../base/check.js';
import type { CallSpan } from './call-spans.js';

/** Attributes of the OpenTelemetry resource. */
export interface OtlpResource {
  readonly serviceName: string;
  readonly version: string;
}

/** Values of opentelemetry/proto/trace/v1/trace.proto. */
const SPAN_KIND_INTERNAL = 1;
const STATUS_CODE_ERROR = 2;
const RULES: Rules<OtlpResource> = { serviceName: needed(words), version: needed(words) };
const SPAN = rule(
  'a span',
  (value) => object.accepts(value) && Reflect.get(value as object, 'attributes') instanceof Map,
);

/**
 * An `ExportTraceServiceRequest` in the JSON of OTLP (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"): ids
 * are hexadecimal, 64-bit numbers are strings, enums are numbers.
 *
 * @throws ERR_INVALID_ARG.
 */
export function otlpRequest(spans: readonly CallSpan[], resource: OtlpResource): object {
  checkArgument('spans', spans, listOf(SPAN));
  checkOptions(resource, RULES, 'resource.');
  const { serviceName, version } = resource;
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues([['service.name', serviceName]]) },
        scopeSpans: [{ scope: { name: 'jackfield', version }, spans: spans.map(otlpSpan) }],
      },
    ],
  };
}

function otlpSpan({ name, traceId, spanId, parent, startMs, endMs, attributes, failure }: CallSpan): object {
  return {
    ...{ traceId, spanId, ...(parent && { parentSpanId: parent.spanId }) },
    ...{ name, kind: SPAN_KIND_INTERNAL },
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs ?? startMs),
    attributes: keyValues(attributes),
    status: failure === undefined ? {} : { code: STATUS_CODE_ERROR, message: failure },
  };
}

function nanoseconds(unixMs: number): string {
  return (BigInt(Math.round(unixMs * 1000)) * 1000n).toString();
}

function keyValues(attributes: Iterable<readonly [string, string | number | boolean]>): object[] {
  return [...attributes].map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
