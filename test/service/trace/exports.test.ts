import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as api from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { VirtualClock } from '../../../src/index.js';
import {
  EventFeed,
  type FeedEvent,
  OtlpExporter,
  openTelemetrySpans,
  traceCalls,
} from '../../../src/service.js';
import { until } from '../../turns.js';

const id = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const fixed64 = z.string().regex(/^\d+$/);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z.array(z.strictObject({ key: z.string(), value }));
/** ExportTraceServiceRequest of opentelemetry/proto/collector/trace/v1, in the JSON encoding that OTLP defines. */
const REQUEST = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(
            z.strictObject({
              traceId: id(16),
              spanId: id(8),
              parentSpanId: id(8).optional(),
              name: z.string(),
              kind: z.literal(1),
              startTimeUnixNano: fixed64,
              endTimeUnixNano: fixed64,
              attributes,
              status: z.strictObject({ code: z.literal(2), message: z.string() }).partial(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const START = Date.UTC(2026, 0, 1);
function tellCall(feed: EventFeed, call = 7): void {
  const of = { account: 'desk', call } as const;
  feed.tell({ type: 'call', ...of, direction: 'in', partner: 'anna' });
  feed.tell({ type: 'state', ...of, status: 'RINGING', phase: 'placing' });
  feed.tell({ type: 'bot', ...of, bot: 'greeter', what: 'failed', reason: 'anna' });
  feed.tell({ type: 'state', ...of, status: 'FINISHED', phase: 'ended' });
}

describe('the OTLP exporter', () => {
  async function collector(status: () => number) {
    const bodies: unknown[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      bodies.push({ path: request.url, secret: request.headers['x-secret'], ...JSON.parse(body) });
      response.writeHead(status()).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { bodies, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces` };
  }

  it('sends spans in the form of the protocol, in batches, and all of them at the end', async () => {
    const { bodies, server, url } = await collector(() => 200);
    const clock = new VirtualClock(START);
    const feed = new EventFeed(clock);
    const exporter = new OtlpExporter(
      feed,
      { url, headers: { 'x-secret': 'abc' }, serviceName: 'pbx' },
      clock,
    );
    for (let call = 0; call < 300; call++) tellCall(feed, call);
    await until(() => feed.readers[0]?.waiting === 0);
    await exporter[Symbol.asyncDispose]();
    server.close();
    expect(bodies).toMatchObject([{ path: '/v1/traces', secret: 'abc' }, {}]);
    const spans = bodies.flatMap((body) => {
      const { path: _, secret: __, ...request } = body as { path: string; secret: string };
      const [resource] = REQUEST.parse(request).resourceSpans;
      expect(resource?.resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'pbx' } }]);
      return resource?.scopeSpans[0]?.spans ?? [];
    });
    expect(spans).toHaveLength(600);
    expect(spans.find(({ name }) => name === 'call')).toMatchObject({
      startTimeUnixNano: `${START}000000`,
      status: { code: 2, message: 'The bot failed.' },
    });
    expect(exporter.lost).toBe(0);
  });

  it('drops spans while the collector is away, reports it once, and continues when it returns', async () => {
    let status = 503;
    const { bodies, server, url } = await collector(() => status);
    const clock = new VirtualClock(START);
    const feed = new EventFeed(clock);
    const events: FeedEvent[] = [];
    void feed.each({ name: 'test' }, (event) => events.push(event));
    const exporter = new OtlpExporter(feed, { url }, clock);
    for (const upTo of [1, 2, 3]) {
      tellCall(feed);
      await until(() => feed.readers.every(({ waiting }) => waiting === 0));
      if (upTo === 3) status = 200;
      await clock.advance(5000);
      await until(() => bodies.length === upTo);
      await until(() => upTo === 3 || exporter.lost === 2 * upTo);
    }
    await exporter[Symbol.asyncDispose]();
    server.close();
    expect(exporter.lost).toBe(4);
    expect(events.filter(({ type }) => type === 'failure')).toMatchObject([
      { where: 'traces', code: 'ERR_PEER' },
    ]);
  });
});

it('spans can be made by an SDK of OpenTelemetry', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  api.trace.setGlobalTracerProvider(provider);
  const feed = new EventFeed(new VirtualClock(START));
  const stop = new AbortController();
  const traced = traceCalls(feed, await openTelemetrySpans(), stop.signal);
  tellCall(feed);
  feed.close();
  await traced;
  const [ring, call] = exporter.getFinishedSpans();
  expect(ring).toMatchObject({ name: 'ring', parentSpanContext: { spanId: call?.spanContext().spanId } });
  expect(call).toMatchObject({
    name: 'call',
    startTime: [START / 1000, 0],
    status: { code: api.SpanStatusCode.ERROR },
    attributes: { 'jackfield.account': 'desk', 'jackfield.status': 'FINISHED' },
  });
  expect(ring?.spanContext().traceId).toBe(call?.spanContext().traceId);
});
