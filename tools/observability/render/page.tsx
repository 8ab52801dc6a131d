// Draws one dashboard file with Grafana's own components, from a real Prometheus. Not Grafana itself:
// the panels, the field settings and the transformations are theirs, layout and queries are ours.
import React from 'react';
import { createRoot, type Root } from 'react-dom/client';
import * as data from '@grafana/data';
import * as ui from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { initPluginTranslations } from '@grafana/i18n';
import { lastValueFrom } from 'rxjs';
import { register } from './registries';
import { query, substitute, type Asked } from './prometheus';

const grafana: any = data;
const UI: any = ui;
const Table: any = TableNG;
const win: any = window;
let asked: Asked & { dashboard: any };
const theme = data.createTheme({ colors: { mode: 'dark' } });
const [COLUMN, ROW, GAP] = [1920 / 24, 38, 8];
let errors: string[] = [];
const registry = register();

async function load(panel: any): Promise<any[]> {
  const answers = await Promise.all(panel.targets.map((target: any) => query({ ...target, many: panel.targets.length > 1 }, asked)));
  let series = answers.flat();
  if (panel.transformations.length) {
    const context = { interpolate: (text: string) => substitute(text, asked) };
    series = (await lastValueFrom(grafana.transformDataFrame(panel.transformations, series, context))) as any[];
  }
  const frames = grafana.applyFieldOverrides({
    data: series,
    fieldConfig: panel.fieldConfig,
    replaceVariables: (text: string) => substitute(text, asked),
    theme,
    fieldConfigRegistry: registry,
    timeZone: asked.dashboard.timezone,
  });
  grafana.cacheFieldDisplayNames(frames);
  return frames;
}

function values(panel: any, frames: any[]): any[] {
  return grafana.getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    reduceOptions: panel.options.reduceOptions,
    replaceVariables: (text: string) => substitute(text, asked),
    theme,
    data: frames,
    sparkline: panel.type === 'stat' && panel.options.graphMode !== 'none',
    timeZone: asked.dashboard.timezone,
  });
}

function Stat({ panel, frames, width, height }: any) {
  const found = values(panel, frames);
  const { colorMode, graphMode, justifyMode, textMode } = panel.options;
  return (
    <div style={{ display: 'flex' }}>
      {found.map((value, n) => (
        <UI.BigValue key={n} value={value.display} sparkline={value.sparkline} count={found.length}
          {...{ colorMode, graphMode, justifyMode, textMode, height, theme }} width={width / found.length} />
      ))}
    </div>
  );
}

function Bars({ panel, frames, width, height }: any) {
  const found = values(panel, frames);
  const space = 6;
  const each = Math.min(panel.options.maxVizHeight, (height - space * (found.length - 1)) / Math.max(1, found.length));
  const names = found.map((value) => value.display.title ?? '');
  const factors = grafana.getDisplayValueAlignmentFactors(found);
  return (
    <div>
      {found.map((value, n) => (
        <div key={names[n] + n} style={{ marginBottom: space }}>
          <UI.BarGauge value={value.display} field={value.field} width={width} height={each} theme={theme}
            display={value.view?.getFieldDisplayProcessor(value.colIndex)} alignmentFactors={factors}
            orientation={panel.options.orientation} displayMode={panel.options.displayMode} itemSpacing={space}
            lcdCellWidth={12} valueDisplayMode={panel.options.valueMode} showUnfilled={panel.options.showUnfilled}
            namePlacement={panel.options.namePlacement} text={panel.options.text ?? {}} />
        </div>
      ))}
    </div>
  );
}

function Lines({ panel, frames, width, height }: any) {
  const [to, from] = [asked.now * 1000, (asked.now - asked.span) * 1000];
  const range = { from: data.dateTime(from), to: data.dateTime(to), raw: { from: 'now', to: 'now' } };
  const keep = (same: any) => same;
  return (
    <UI.TimeSeries width={width} height={height} timeRange={range} timeZone={asked.dashboard.timezone} frames={frames} theme={theme}
      legend={panel.options.legend} options={panel.options} tweakScale={keep} tweakAxis={keep} />
  );
}

function Body({ panel, frames, width, height }: any) {
  const empty = !frames.length || frames.every((frame: any) => frame.length === 0);
  if (empty) {
    return (
      <div style={{ height, display: 'flex', alignItems: 'center', justifyContent: 'center', fontSize: 22 }}>
        {panel.fieldConfig.defaults.noValue}
      </div>
    );
  }
  const size = { panel, frames, width, height };
  if (panel.type === 'stat') return <Stat {...size} />;
  if (panel.type === 'bargauge') return <Bars {...size} />;
  if (panel.type === 'timeseries') return <Lines {...size} />;
  if (panel.type === 'table') {
    return (
      <Table data={frames[0]} width={width} height={height} cellHeight={panel.options.cellHeight}
        fieldConfig={panel.fieldConfig} sortBy={panel.options.sortBy} noHeader={!panel.options.showHeader}
        structureRev={1} timeRange={{}} disableSanitizeHtml={false} />
    );
  }
  throw new Error(`no panel of type ${panel.type}`);
}

class Guard extends React.Component<any, any> {
  state: any = {};
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  componentDidCatch(error: unknown) {
    errors.push(`${this.props.title}: ${error}`);
  }
  render() {
    return this.state.error ? <pre>{String(this.state.error)}</pre> : this.props.children;
  }
}

function Panel({ panel, frames }: any) {
  const { x, y, w, h } = panel.gridPos;
  const [width, height] = [w * COLUMN - GAP, h * ROW - GAP];
  const box: React.CSSProperties = {
    position: 'absolute', left: x * COLUMN + GAP / 2, top: y * ROW + GAP / 2, width, height, overflow: 'hidden',
    background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4,
  };
  return (
    <div style={box} data-panel={panel.title}>
      <div style={{ padding: '6px 8px 2px', fontSize: 14, fontWeight: 500, height: 30, color: theme.colors.text.primary }}>
        {panel.title}
      </div>
      <div style={{ padding: '0 7px' }} data-body>
        <Guard title={panel.title}>
          <Body panel={panel} frames={frames} width={width - 16} height={height - 38} />
        </Guard>
      </div>
    </div>
  );
}

let root: Root | undefined;

/** Draw a dashboard in place of the one before; tell which panels got nothing, and what went wrong. */
async function draw(given: typeof asked) {
  asked = given;
  errors = [];
  root?.unmount();
  const panels = asked.dashboard.panels;
  const frames = await Promise.all(
    panels.map((panel: any) => load(panel).catch((error) => (errors.push(`${panel.title}: ${error}`), [])))
  );
  const isEmpty = (found: any[]) => !found.length || found.every((frame) => frame.length === 0);
  const bottom = Math.max(...panels.map((panel: any) => panel.gridPos.y + panel.gridPos.h));
  const Theme: any = grafana.ThemeContext;
  root = createRoot(document.getElementById('root')!);
  root.render(
    <Theme.Provider value={theme}>
      <UI.GlobalStyles />
      <div style={{ position: 'relative', width: 1920, height: Math.max(1080, bottom * ROW + GAP), background: theme.colors.background.canvas }}>
        {panels.map((panel: any, n: number) => <Panel key={panel.id} panel={panel} frames={frames[n]} />)}
      </div>
    </Theme.Provider>
  );
  await new Promise((settled) => setTimeout(settled, 700));
  const empty = panels.filter((_: any, n: number) => isEmpty(frames[n])).map((panel: any) => panel.title);
  return { empty, errors };
}

initPluginTranslations('grafana', []).then(() => (win.__DRAW__ = draw));
