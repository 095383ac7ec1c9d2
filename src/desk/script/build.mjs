/** Bundles the scripts into `src/desk/assets/`; the server gives the files their hashed names. */
import { build } from 'esbuild';
import { copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const common = {
  bundle: true,
  minify: true,
  target: ['chrome100', 'firefox102', 'safari16.4'],
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
};

await build({ ...common, entryPoints: [here('desk.js')], outfile: here('../assets/desk.js'), format: 'esm' });
await build({
  ...common,
  entryPoints: [here('decoder-worker.js')],
  outfile: here('../assets/decoder-worker.js'),
  format: 'iife',
  // The page hands the address of the WebAssembly; the library's own guess is never used.
  define: { 'import.meta.url': '""' },
});
await build({ ...common, entryPoints: [here('worker.js')], outfile: here('../assets/worker.js'), format: 'iife' });
await copyFile(
  here('node_modules/zxing-wasm/dist/reader/zxing_reader.wasm'),
  here('../assets/zxing_reader.wasm'),
);
