// Asks Prometheus what a panel asks, and makes Grafana's data frames of the answer.
import * as data from '@grafana/data';

const grafana: any = data;

export interface Asked {
  variables: Record<string, string>;
  now: number;
  span: number;
}

export function substitute(text: string, asked: Asked): string {
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (whole, a, b) => asked.variables[a ?? b] ?? whole);
}

export async function query(target: any, asked: Asked): Promise<any[]> {
  const url = new URL(`/api/v1/${target.instant ? 'query' : 'query_range'}`, location.href);
  url.searchParams.set('query', substitute(target.expr, asked));
  if (target.instant) url.searchParams.set('time', String(asked.now));
  else {
    const step = Math.max(1, Math.round(asked.span / 200));
    const entries = { start: asked.now - asked.span, end: asked.now, step };
    for (const [name, value] of Object.entries(entries)) url.searchParams.set(name, String(value));
  }
  const answer = await (await fetch(url)).json();
  if (answer.status !== 'success') throw new Error(`${target.expr}: ${answer.error}`);
  const found = answer.data.result;
  return target.format === 'table' ? [rows(target, found)].filter((frame) => frame.length) : found.map((one: any) => series(target, one));
}

/** One frame with a column for each label, as Grafana's Prometheus source gives it. */
function rows(target: any, found: any[]): any {
  const names = [...new Set(found.flatMap((one) => Object.keys(one.metric)))].sort();
  const labels = names.map((name) => ({ name, type: 'string', values: found.map((one) => one.metric[name]), config: { filterable: true } }));
  const many = target.many ? ` #${target.refId}` : '';
  return grafana.toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: 'time', values: found.map((one) => one.value[0] * 1000) },
      ...labels,
      { name: `Value${many}`, type: 'number', values: found.map((one) => Number(one.value[1])) },
    ],
  });
}

function series(target: any, one: any): any {
  const name = legend(target, one.metric);
  const points: [number, string][] = one.values ?? [one.value];
  return grafana.toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: 'time', values: points.map(([at]) => at * 1000) },
      {
        name: 'Value', type: 'number', labels: one.metric, values: points.map(([, value]) => Number(value)),
        config: { displayNameFromDS: name },
      },
    ],
  });
}

function legend(target: any, metric: Record<string, string>): string {
  const wanted = target.legendFormat;
  if (wanted && wanted !== '__auto') return wanted.replace(/\{\{\s*(\w+)\s*\}\}/g, (_: string, name: string) => metric[name] ?? '');
  const { __name__, ...labels } = metric;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 1 ? Object.values(labels)[0] : `${__name__ ?? ''}{${pairs.join(', ')}}`;
}
