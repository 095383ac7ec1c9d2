/** Pictures of codes for a fake camera: a code on paper in front of a 720p camera, as a .y4m file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../src/desk/script/package.json', import.meta.url));
const { prepareZXingModule, writeBarcode } = require('zxing-wasm/writer');
prepareZXingModule({ overrides: { wasmBinary: readFileSync(require.resolve('zxing-wasm/writer/zxing_writer.wasm')) } });

const WIDTH = 1280;
const HEIGHT = 720;
const PAPER = 235;
const INK = 25;
const TABLE = 120;

/** The modules of a text's code, with its quiet zone. */
export async function modules(text) {
  const { symbol } = await writeBarcode(text, { format: 'QRCode', ecLevel: 'M', addQuietZones: false });
  const { data, width } = symbol;
  return { width, dark: (x, y) => x >= 0 && y >= 0 && x < width && y < width && data[y * width + x] === 0 };
}

/**
 * One frame of light.
 * @param {{size?: number, tilt?: number, perspective?: number, light?: number, noise?: number, blur?: number}} how
 *   `size`: pixels a module; `tilt`: degrees; `light`: 1 is daylight
 */
export function frame(code, { size = 6, tilt = 0, perspective = 0, light = 1, noise = 4, blur = 1, width = WIDTH, height = HEIGHT } = {}) {
  const plane = new Uint8Array(width * height);
  const angle = (tilt * Math.PI) / 180;
  const half = code ? code.width / 2 : 0;
  let seed = 1;
  const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (const [dx, dy] of [[-0.25, -0.25], [0.25, -0.25], [-0.25, 0.25], [0.25, 0.25]]) {
        const u0 = x + dx * blur * 2 - width / 2;
        const v0 = y + dy * blur * 2 - height / 2;
        const depth = 1 + (perspective * v0) / height;
        const u = ((u0 * Math.cos(angle) + v0 * Math.sin(angle)) * depth) / size + half;
        const v = ((-u0 * Math.sin(angle) + v0 * Math.cos(angle)) * depth) / size + half;
        const isPaper = code && u > -6 && v > -6 && u < code.width + 6 && v < code.width + 6;
        sum += !isPaper ? TABLE : code.dark(Math.floor(u), Math.floor(v)) ? INK : PAPER;
      }
      const seen = (sum / 4) * light + (random() - 0.5) * 2 * noise;
      plane[y * width + x] = Math.max(16, Math.min(235, seen));
    }
  }
  return plane;
}

/** A few frames, shown again and again by the fake camera. */
export function writeVideo(path, planes, width = WIDTH, height = HEIGHT) {
  const chroma = Buffer.alloc((width * height) / 2, 128);
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420jpeg\n`)];
  for (const plane of planes) parts.push(Buffer.from('FRAME\n'), Buffer.from(plane), chroma);
  writeFileSync(path, Buffer.concat(parts));
}
