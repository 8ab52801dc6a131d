// What a Grafana host fills in at start: transformations, and the field settings it knows.
import * as data from '@grafana/data';

const grafana: any = data;
const STANDARD = ['unit', 'min', 'max', 'decimals', 'displayName', 'noValue', 'mappings', 'thresholds', 'color', 'links'];
const CUSTOM = [
  'align', 'axisPlacement', 'barAlignment', 'cellOptions', 'drawStyle', 'fillOpacity', 'gradientMode', 'hideFrom',
  'inspect', 'lineInterpolation', 'lineStyle', 'lineWidth', 'pointSize', 'scaleDistribution', 'showPoints',
  'spanNulls', 'stacking', 'thresholdsStyle', 'width',
];

function item(id: string, path: string, isCustom: boolean) {
  const nothing = () => null;
  return {
    id, path, name: path, isCustom, settings: {},
    editor: nothing, override: nothing, process: (value: any) => value, shouldApply: () => true,
  };
}

/** Register everything once; return the registry that overrides are looked up in. */
export function register(): any {
  const transformers: any[] = Object.values(grafana.standardTransformers);
  const byId = new Map(transformers.map((each) => [each.id, each]));
  grafana.standardTransformersRegistry.setInit(() =>
    [...byId.values()].map((each) => ({
      id: each.id, name: each.name, editor: () => null, imageDark: '', imageLight: '',
      transformation: () => Promise.resolve(each),
    }))
  );
  const standard = STANDARD.map((id) => item(id, id, false));
  grafana.standardFieldConfigEditorRegistry.setInit(() => standard);
  const custom = CUSTOM.map((path) => item(`custom.${path}`, path, true));
  return new grafana.Registry(() => [...standard, ...custom]);
}
