import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { EventFeed, FeedMetrics } from '../../../src/service.js';
import { hasTool } from '../../voice/fixtures.js';

const run = promisify(execFile);
const ALERTS = 'docs/prometheus-alerts.yaml';

/** An expression with what stands beside it and has labels in it, too. */
interface Expression {
  readonly name: string;
  readonly expr: string;
  readonly texts: readonly string[];
}
interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const dashboard = JSON.parse(await readFile('docs/grafana-dashboard.json', 'utf8')) as {
  panels: readonly Panel[];
};
const alerts = parse(await readFile(ALERTS, 'utf8')) as {
  groups: readonly { rules: readonly AlertRule[] }[];
};
const PANELS = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }): Expression => ({ name: title, expr, texts: [legendFormat] })),
);
const RULES = alerts.groups.flatMap(({ rules }) =>
  rules.map(
    ({ alert, expr, annotations }): Expression => ({ name: alert, expr, texts: Object.values(annotations) }),
  ),
);

/** Labels of each metric that a service has. */
function metricLabels(): ReadonlyMap<string, readonly string[]> {
  const feed = new EventFeed();
  const state = { calls: () => new Map(), recordings: () => 0, endpoints: () => new Map() };
  const stop = new AbortController();
  const { labels } = new FeedMetrics(feed, state, stop.signal);
  stop.abort();
  return labels;
}
/** Labels that Prometheus gives every metric. */
const TARGET_LABELS = ['instance', 'job'];
const LABELS = metricLabels();

/** Labels that an expression selects by, groups by, or shows. */
function labelsIn({ expr, texts }: Expression): string[] {
  const selected = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  );
  const grouped = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  const shown = texts.flatMap((text) =>
    [...text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label = '']) => label),
  );
  return [...selected, ...grouped, ...shown];
}

describe.each([
  ['the dashboard of Grafana', PANELS],
  ['the alerts of Prometheus', RULES],
] as const)('%s', (_, expressions) => {
  it.each(
    expressions.map((expression) => [`${expression.name}: ${expression.expr.trim()}`, expression] as const),
  )('%s', (_name, expression) => {
    const metrics = [...new Set(expression.expr.match(/\bjackfield_\w+/g))];
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !LABELS.has(name))).toEqual([]);
    const known = [...TARGET_LABELS, ...metrics.flatMap((name) => LABELS.get(name) ?? [])];
    expect(labelsIn(expression).filter((label) => !known.includes(label))).toEqual([]);
  });

  it.skipIf(!hasTool('promtool'))('has expressions that Prometheus reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
    const filled = (expr: string) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');
    const rules = expressions.map(({ expr }, index) => ({ record: `rule:${index}`, expr: filled(expr) }));
    const file = join(folder, 'rules.yaml');
    await writeFile(file, stringify({ groups: [{ name: 'all', rules }] }));
    await run('promtool', ['check', 'rules', file]);
    await rm(folder, { recursive: true });
  });
});

it.skipIf(!hasTool('promtool'))('the file of alerts is one that Prometheus reads', async () => {
  const { stdout } = await run('promtool', ['check', 'rules', ALERTS]);
  expect(stdout).toContain(`${RULES.length} rules found`);
});

it('every metric of the service is on the dashboard', () => {
  const shown = PANELS.map(({ expr }) => expr).join(' ');
  const own = [...LABELS.keys()].filter((name) => !/^jackfield_(?:process|nodejs)_/.test(name));
  expect(own.filter((name) => !shown.includes(name))).toEqual([]);
});
