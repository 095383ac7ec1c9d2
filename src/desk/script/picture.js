/** How large a picture is, from its first bytes, and to what sizes it is brought before it is searched. */

/** More than any camera makes; a browser needs four bytes for each of them. */
const MAX_PIXELS = 110_000_000;

/** Longer sides, in the order they are tried: a code that fills the picture reads best when it is small. */
const SIDES = [1600, 3200];

/** @returns {Promise<{width: number, height: number}|null>} nothing for what is no picture or too large a one */
export async function sizeOf(blob) {
  const bytes = new DataView(await blob.slice(0, 512 * 1024).arrayBuffer());
  const size = png(bytes) ?? jpeg(bytes) ?? (await decoded(blob));
  return size && size.width * size.height <= MAX_PIXELS && size.width && size.height ? size : null;
}

/** Sizes with the same shape, never larger than the picture itself. */
export function enlargements({ width, height }) {
  const longer = Math.max(width, height);
  const scales = SIDES.filter((side, place) => place === 0 || longer > SIDES[place - 1]);
  return scales.map((side) => {
    const scale = Math.min(1, side / longer);
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  });
}

function png(bytes) {
  if (bytes.byteLength < 24 || bytes.getUint32(0) !== 0x89504e47) return null;
  return { width: bytes.getUint32(16), height: bytes.getUint32(20) };
}

/** Walks the segments to the frame header; a photo taken upright may have its sides swapped by EXIF. */
function jpeg(bytes) {
  if (bytes.byteLength < 4 || bytes.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  let swapped = false;
  while (at + 9 < bytes.byteLength && bytes.getUint8(at) === 0xff) {
    const marker = bytes.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [bytes.getUint16(at + 5), bytes.getUint16(at + 7)];
      return swapped ? { width: height, height: width } : { width, height };
    }
    if (marker === 0xe1) swapped ||= isTurned(bytes, at + 4);
    at += 2 + bytes.getUint16(at + 2);
  }
  return null;
}

/** Whether the EXIF orientation (TIFF tag 0x0112) is one of those that turn by 90°. */
function isTurned(bytes, at) {
  if (at + 14 > bytes.byteLength || bytes.getUint32(at) !== 0x45786966) return false;
  const tiff = at + 6;
  const little = bytes.getUint16(tiff) === 0x4949;
  const directory = tiff + bytes.getUint32(tiff + 4, little);
  if (directory + 2 > bytes.byteLength) return false;
  const entries = bytes.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry += 1) {
    const place = directory + 2 + entry * 12;
    if (place + 12 > bytes.byteLength) return false;
    if (bytes.getUint16(place, little) === 0x0112) return bytes.getUint16(place + 8, little) >= 5;
  }
  return false;
}

async function decoded(blob) {
  try {
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    bitmap.close();
    return { width, height };
  } catch {
    return null;
  }
}
