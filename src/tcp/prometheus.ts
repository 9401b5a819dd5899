import { checkArgument, checkOptions, flag, type Rules, rule } from '../base/check.js';
import type { LeaseStats } from './lease.js';
import type { ServerSnapshot } from './server-stats.js';

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Factor from the unit of the statistic to that of the metric. */
  readonly scale?: number;
}

/** Metrics of the counters of a lease, named by the rules of Prometheus: base units, `_total` for counters. */
const STREAM_METRICS: Readonly<Record<keyof LeaseStats, Metric>> = {
  bytesReceived: { name: 'received_bytes_total', type: 'counter', help: 'Bytes read from peers.' },
  samplesReceived: { name: 'received_samples_total', type: 'counter', help: 'Whole samples received.' },
  framesReceived: { name: 'received_frames_total', type: 'counter', help: 'Whole frames of 20 ms received.' },
  trailingBytes: {
    name: 'trailing_bytes',
    type: 'gauge',
    help: 'Bytes of incomplete samples.',
  },
  unheard: {
    name: 'unheard_samples_total',
    type: 'counter',
    help: 'Samples received while no sink was attached.',
  },
  delivered: { name: 'delivered_samples_total', type: 'counter', help: 'Samples taken by sinks.' },
  dropped: {
    name: 'dropped_samples_total',
    type: 'counter',
    help: 'Samples dropped by sinks under their policy.',
  },
  spilled: {
    name: 'spilled_samples_total',
    type: 'counter',
    help: 'Samples that passed through spill files.',
  },
  bytesSent: { name: 'sent_bytes_total', type: 'counter', help: 'Bytes written to peers.' },
  samplesSent: { name: 'sent_samples_total', type: 'counter', help: 'Samples sent, silence included.' },
  framesSent: { name: 'sent_frames_total', type: 'counter', help: 'Whole frames of 20 ms sent.' },
  silenceFilled: {
    name: 'silence_samples_total',
    type: 'counter',
    help: 'Samples of silence among those sent.',
  },
  bytesIgnored: {
    name: 'ignored_bytes_total',
    type: 'counter',
    help: 'Bytes read on leases that only send.',
  },
  refused: { name: 'refused_peers_total', type: 'counter', help: 'Refused connections.' },
  gaps: {
    name: 'gaps_total',
    type: 'counter',
    help: 'Number of times that a stream fell behind real time by more than 100 ms.',
  },
  gapMs: { name: 'gap_seconds_total', type: 'counter', help: 'Time that streams fell behind.', scale: 0.001 },
  jitterP50Ms: { name: 'jitter_p50_seconds', type: 'gauge', help: 'Median jitter of reads.', scale: 0.001 },
  jitterP99Ms: {
    name: 'jitter_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the jitter.',
    scale: 0.001,
  },
  bufferedMs: {
    name: 'buffered_seconds',
    type: 'gauge',
    help: 'Audio that is waiting for sinks.',
    scale: 0.001,
  },
  holds: {
    name: 'holds_total',
    type: 'counter',
    help: 'Number of times that streams were paused for a sink.',
  },
  heldMs: {
    name: 'held_seconds_total',
    type: 'counter',
    help: 'Time that streams were paused for a sink.',
    scale: 0.001,
  },
};

type ServerGauge = 'leases' | 'connections' | 'bufferedBytes' | 'wheelLatenessP50Ms' | 'wheelLatenessP99Ms';

const SERVER_METRICS: Readonly<Record<ServerGauge, Metric>> = {
  leases: { name: 'leases', type: 'gauge', help: 'Leases that are not closed.' },
  connections: { name: 'connections', type: 'gauge', help: 'Open connections.' },
  bufferedBytes: { name: 'buffered_bytes', type: 'gauge', help: 'Bytes of audio waiting in memory.' },
  wheelLatenessP50Ms: {
    name: 'wheel_lateness_p50_seconds',
    type: 'gauge',
    help: 'Median lateness of the read wheel.',
    scale: 0.001,
  },
  wheelLatenessP99Ms: {
    name: 'wheel_lateness_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the lateness of the read wheel.',
    scale: 0.001,
  },
};

export interface PrometheusOptions {
  readonly perStream?: boolean;
}

const RULES: Rules<PrometheusOptions> = { perStream: flag };
const SNAPSHOT = rule(
  'a result of PcmServer.snapshot()',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'totals' in value &&
    'streams' in value &&
    Array.isArray(value.streams),
);

/**
 * Writes a snapshot in the Prometheus text format, version 0.0.4. Totals are called `jackfield_tcp_NAME`. With
 * `perStream`, each live stream has `jackfield_tcp_stream_NAME{object,stream,port}` too.
 */
export function prometheusText(snapshot: ServerSnapshot, options: PrometheusOptions = {}): string {
  checkArgument('snapshot', snapshot, SNAPSHOT);
  checkOptions(options, RULES);
  const lines: string[] = [];
  for (const [key, metric] of Object.entries(SERVER_METRICS)) {
    lines.push(...family('jackfield_tcp_', metric, [['', snapshot[key as ServerGauge]]]));
  }
  for (const [key, metric] of Object.entries(STREAM_METRICS)) {
    lines.push(...family('jackfield_tcp_', metric, [['', snapshot.totals[key as keyof LeaseStats]]]));
    if (!options.perStream) continue;
    const values = snapshot.streams.map(({ object, stream, port, stats }): [string, number] => {
      return [`{object=${quote(object)},stream="${stream}",port="${port}"}`, stats[key as keyof LeaseStats]];
    });
    lines.push(...family('jackfield_tcp_stream_', metric, values));
  }
  return `${lines.join('\n')}\n`;
}

function family(
  prefix: string,
  metric: Metric,
  values: readonly [labels: string, value: number][],
): string[] {
  const name = prefix + metric.name;
  const scale = metric.scale ?? 1;
  return [
    `# HELP ${name} ${metric.help}`,
    `# TYPE ${name} ${metric.type}`,
    ...values.map(([labels, value]) => `${name}${labels} ${value * scale}`),
  ];
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
