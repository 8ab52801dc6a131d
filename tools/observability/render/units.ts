// Prints the units that Grafana knows, as JSON.
import { getValueFormats } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';

await initPluginTranslations('grafana', []);
console.log(JSON.stringify(getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value))));
