/** Bundles the scripts into `src/desk/assets/`; the server gives the files their hashed names. */
import { build } from 'esbuild';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
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
await build({ ...common, entryPoints: [here('agency.js')], outfile: here('../assets/agency.js'), format: 'esm' });
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

// The licences of what is inside the bundles go with them. @fluent/bundle names Apache-2.0 in its package.json only.
const { dependencies } = JSON.parse(await readFile(here('package.json'), 'utf8'));
const notices = Object.keys(dependencies).map(async (name) => {
  const { version, license } = JSON.parse(await readFile(here(`node_modules/${name}/package.json`), 'utf8'));
  const text = await readFile(here(`node_modules/${name}/LICENSE`), 'utf8').catch(() => '');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
});
const wasm = 'zxing-cpp (Apache-2.0), compiled into zxing_reader.wasm of zxing-wasm\n';
await writeFile(here('../assets/licences.txt'), [...(await Promise.all(notices)), wasm].join(`\n${'-'.repeat(80)}\n\n`));
