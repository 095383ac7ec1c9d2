/** Reads QR codes off the page's thread: frames of the camera, and pictures. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { enlargements, sizeOf } from './picture.js';

const OPTIONS = {
  formats: ['QRCode'],
  tryHarder: true,
  tryRotate: true,
  tryInvert: false,
  tryDownscale: true,
  maxNumberOfSymbols: 1,
  returnErrors: true,
};

/** Of the shorter side of a frame: most codes are held in its middle. */
const CENTRE = 0.75;

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });

const tasks = {
  async prepare({ wasm }) {
    await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
    return {};
  },

  async frame({ bitmap }) {
    const { width, height } = bitmap;
    const side = Math.round(Math.min(width, height) * CENTRE);
    const centre = { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
    const found = await read(pixels(bitmap, centre, side, side));
    return found.text === null ? read(pixels(bitmap, { x: 0, y: 0, width, height }, width, height)) : found;
  },

  async picture({ blob }) {
    const size = await sizeOf(blob);
    if (!size) return { text: null, problem: 'not_a_picture' };
    let best = { text: null, damaged: false, sharp: false };
    for (const scaled of enlargements(size)) {
      const bitmap = await createImageBitmap(blob, {
        resizeWidth: scaled.width,
        resizeHeight: scaled.height,
        resizeQuality: 'medium',
        imageOrientation: 'from-image',
      });
      const image = pixels(bitmap, { x: 0, y: 0, ...scaled }, bitmap.width, bitmap.height);
      bitmap.close();
      const found = await read(image);
      if (found.text !== null) return found;
      best = { text: null, damaged: best.damaged || found.damaged, sharp: best.sharp || isSharp(image) };
    }
    return { text: null, problem: best.damaged || !best.sharp ? 'blurred' : 'no_code' };
  },
};

function pixels(source, { x, y, width, height }, toWidth, toHeight) {
  canvas.width = toWidth;
  canvas.height = toHeight;
  context.drawImage(source, x, y, width, height, 0, 0, toWidth, toHeight);
  return context.getImageData(0, 0, toWidth, toHeight);
}

async function read(image) {
  const results = await readBarcodes(image, OPTIONS);
  const whole = results.find(({ isValid }) => isValid);
  return { text: whole ? whole.text : null, damaged: results.length > 0 && !whole };
}

/** Whether there are edges in the picture that a code could be read by: how many steps in light are steep. */
function isSharp({ data, width, height }) {
  const light = (x, y) => data[(y * width + x) * 4 + 1];
  const steps = new Uint32Array(256);
  let count = 0;
  for (let y = 1; y < height - 1; y += 2) {
    for (let x = 1; x < width - 1; x += 2) {
      const across = Math.abs(light(x + 1, y) - light(x - 1, y));
      const down = Math.abs(light(x, y + 1) - light(x, y - 1));
      steps[Math.max(across, down)] += 1;
      count += 1;
    }
  }
  let steep = 0;
  for (let step = 48; step < 256; step += 1) steep += steps[step];
  return steep > count / 400;
}

self.onmessage = async ({ data: { id, task, ...input } }) => {
  const begun = performance.now();
  try {
    const output = await tasks[task](input);
    self.postMessage({ id, output: { ...output, ms: performance.now() - begun } });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  } finally {
    input.bitmap?.close();
  }
};
