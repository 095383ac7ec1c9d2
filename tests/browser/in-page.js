/** What tests let run inside the page: each is handed over as text, and knows nothing of the test. */

/** Runs in the page: a JPEG as base64. */
export async function photograph({ kind, png }) {
  const code = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (byte) => byte.charCodeAt(0))]));
  const [width, height] = kind === 'huge' ? [8700, 5800] : [2000, 1500];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#888';
  context.fillRect(0, 0, width, height);
  if (kind === 'empty') {
    context.fillStyle = '#111';
    for (let line = 0; line < 40; line += 1) context.fillRect(200, 30 * line, 1200, 8);
  } else {
    context.imageSmoothingEnabled = kind === 'blurred';
    context.filter = kind === 'blurred' ? 'blur(14px)' : 'none';
    const side = kind === 'huge' ? 2600 : 900;
    context.drawImage(code, (width - side) / 2, (height - side) / 2, side, side);
  }
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 })).arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** Runs in the page, before it. */
export function anotherCamera() {
  const devices = navigator.mediaDevices;
  const [list, open] = [devices.enumerateDevices.bind(devices), devices.getUserMedia.bind(devices)];
  window.asked = [];
  devices.enumerateDevices = async () => [...(await list()), { kind: 'videoinput', deviceId: 'another', label: 'У окна' }];
  devices.getUserMedia = ({ video: { deviceId, ...video } }) => {
    window.asked.push(deviceId?.exact ?? null);
    return open({ video });
  };
  const { getCapabilities } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.getCapabilities = function () {
    return { ...getCapabilities.call(this), torch: true };
  };
  MediaStreamTrack.prototype.applyConstraints = async ({ advanced }) => {
    window.asked.push(advanced[0].torch);
  };
}

/** Runs in the page: whether a text lies open in what the device keeps of course runs. */
export async function isReadable(text) {
  const database = await new Promise((resolve) => {
    const opening = indexedDB.open('training-vouchers-desk');
    opening.onsuccess = () => resolve(opening.result);
  });
  const runs = await new Promise((resolve) => {
    database.transaction('runs').objectStore('runs').getAll().onsuccess = ({ target }) => resolve(target.result);
  });
  database.close();
  return JSON.stringify(runs).includes(text);
}

/** Runs in the page, before it. */
export function setClock(by) {
  const real = Date.now.bind(Date);
  Date.now = () => real() + by;
}

/** Runs in the page: how many items there are, and whether anything of them can be read. */
export async function readQueue() {
  const database = await new Promise((resolve) => {
    const opening = indexedDB.open('training-vouchers-desk');
    opening.onsuccess = () => resolve(opening.result);
  });
  const all = (name) => new Promise((resolve) => {
    database.transaction(name).objectStore(name).getAll().onsuccess = ({ target }) => resolve(target.result);
  });
  const [queue, records] = [await all('queue'), await all('records')];
  const text = new TextDecoder('latin1').decode(await new Blob(queue.map(({ sealed }) => sealed.data)).arrayBuffer());
  database.close();
  return { count: queue.length, names: /TV1:/.test(text) || JSON.stringify(records).includes('holder') };
}
