// Bundles the page into the package: `node build.mjs [TARGET]`. The same sources, the same bytes.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../src/chatpulse/wall/static");

await mkdir(target, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: { wall: "src/main.ts" },
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome100", "firefox100", "safari15.4"],
  charset: "utf8",
  legalComments: "none", // they are in THIRD-PARTY.txt
  metafile: true,
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) {
  await copyFile(join(here, "src", name), join(target, name));
}
await writeFile(join(target, "THIRD-PARTY.txt"), await notices(Object.keys(result.metafile.inputs)));

/** The licences of the packages of which anything is in the bundle. */
async function notices(inputs) {
  const found = inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const packages = [...new Set(found.filter(Boolean))].sort();
  const parts = await Promise.all(
    packages.map(async (name) => {
      const folder = join(here, "node_modules", name);
      const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      const licence = await readFile(join(folder, "LICENSE"), "utf8");
      return `${name} ${version}\n\n${licence.trim()}\n`;
    }),
  );
  return `The wall page contains these packages, each under its own licence.\n\n${parts.join("\n")}`;
}
