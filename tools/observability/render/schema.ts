// What a dashboard file may say, from Grafana's own schema, for files that are plain JSON.
//
// The generated types use TypeScript enums, which no JSON literal fits: Loose takes them as the
// values they stand for. Panels are told apart by their type, so that each has its own options.
import type {
  Dashboard as AnyDashboard, DataQuery, GraphFieldConfig, Panel as AnyPanel, TableCellOptions, TableFieldOptions,
  VariableModel,
} from '@grafana/schema';
import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as TimeSeries } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Loose<T> = T extends (infer U)[] ? Loose<U>[]
  : T extends string ? (string extends T ? string : `${T}`)
  : T extends number ? (number extends T ? number : `${T}` extends `${infer N extends number}` ? N : T)
  : T extends object ? { [K in keyof T]: Loose<T[K]> }
  : T;

type Source = { type: 'prometheus'; uid: '${datasource}' };

interface Query extends DataQuery {
  datasource: Source;
  editorMode: 'code' | 'builder';
  expr: string;
  format: 'time_series' | 'table';
  instant: boolean;
  range: boolean;
  legendFormat: string;
}

type Defaults<Custom> = Omit<NonNullable<Loose<AnyPanel>['fieldConfig']>['defaults'], 'custom' | 'color'> & {
  color: { mode: 'thresholds' | 'palette-colorblind' } | { mode: 'fixed'; fixedColor: string };
  custom?: Partial<Loose<Custom>>;
};
type Property =
  | { id: 'custom.cellOptions'; value: Loose<TableCellOptions> }
  | { id: 'custom.align'; value: 'auto' | 'left' | 'right' | 'center' }
  | { id: 'unit' | 'displayName' | 'noValue'; value: string }
  | { id: 'custom.width' | 'decimals' | 'min' | 'max'; value: number }
  | { id: 'color'; value: Defaults<unknown>['color'] }
  | { id: 'thresholds'; value: NonNullable<Defaults<unknown>['thresholds']> }
  | { id: 'mappings'; value: NonNullable<Defaults<unknown>['mappings']> }
  | { id: 'links'; value: { title: string; url: string; targetBlank?: boolean }[] };

interface FieldConfig<Custom> {
  defaults: Defaults<Custom>;
  overrides: {
    matcher: { id: 'byName' | 'byRegexp' | 'byType' | 'byFrameRefID'; options: string };
    properties: Property[];
  }[];
}

type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | { id: 'sortBy'; options: { fields: Record<string, never>; sort: { field: string; desc: boolean }[] } }
  | { id: 'limit'; options: { limitField: number } }
  | {
      id: 'organize';
      options: {
        excludeByName: Record<string, boolean>;
        includeByName: Record<string, boolean>;
        indexByName: Record<string, number>;
        renameByName: Record<string, string>;
      };
    };

interface Panel<Type extends string, Options, Custom> {
  id: number;
  type: Type;
  title: string;
  description: string;
  datasource: Source;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Query[];
  options: Loose<Options>;
  fieldConfig: FieldConfig<Custom>;
  transformations: Transformation[];
}

type Variable = Omit<Loose<VariableModel>, 'type' | 'datasource' | 'query' | 'current'> & {
  current?: { text: string | string[]; value: string | string[] };
} & (
    | { type: 'datasource'; query: 'prometheus' }
    | { type: 'query'; datasource: Source; definition: string; query: { qryType: number; query: string; refId: string } }
  );

type Annotation = Omit<Loose<NonNullable<NonNullable<AnyDashboard['annotations']>['list']>[number]>, 'datasource'> & {
  datasource: Source;
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  tagKeys: string;
};

export type Dashboard = Omit<Loose<AnyDashboard>, 'panels' | 'annotations' | 'templating'> & {
  uid: string;
  panels: (
    | Panel<'stat', Stat, Record<string, never>>
    | Panel<'bargauge', BarGauge, Record<string, never>>
    | Panel<'table', Table, TableFieldOptions>
    | Panel<'timeseries', TimeSeries, GraphFieldConfig>
  )[];
  annotations: { list: Annotation[] };
  templating: { list: Variable[] };
};
