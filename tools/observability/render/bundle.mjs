// Bundles the page: node bundle.mjs OUT
import { build } from 'esbuild';

await build({
  entryPoints: [new URL('page.tsx', import.meta.url).pathname],
  outfile: process.argv[2],
  bundle: true,
  format: 'iife',
  jsx: 'automatic',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'dataurl', '.woff2': 'dataurl', '.woff': 'dataurl', '.png': 'dataurl', '.ttf': 'empty' },
  logLevel: 'error',
});
