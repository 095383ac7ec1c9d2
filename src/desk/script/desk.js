/** The enrolment desk: puts the parts together and starts them. */
import { AnswerView } from './answer.js';
import { Camera } from './camera.js';
import { Clock } from './clock.js';
import { Decoder } from './decoder.js';
import { Device } from './device.js';
import { DevicePanel } from './device-panel.js';
import { listen } from './keyboard.js';
import { Knowledge } from './knowledge.js';
import { Leave } from './leave.js';
import { Net } from './net.js';
import { Queue } from './queue.js';
import { RecentPanel } from './recent-panel.js';
import { Records } from './records.js';
import { registerWorker } from './register.js';
import { RunsPanel } from './runs-panel.js';
import { Scan } from './scan.js';
import { ScannerPanel, presented } from './scanner-panel.js';
import { Seal } from './seal.js';
import { SettingsPanel } from './settings-panel.js';
import { Signal } from './signal.js';
import { openStore } from './store.js';
import { Sync } from './sync.js';
import { Undo } from './undo.js';
import { Words } from './words.js';

async function start(root) {
  const { language, messages: address, decoder: script, wasm, signIn } = root.dataset;
  const [words, store] = await Promise.all([Words.fetch(language, address), openStore()]);
  words.fill(document);
  const [seal, seen] = await Promise.all([Seal.of(store), store.setting('clock')]);
  const clock = new Clock(seen);
  const net = new Net({ language, clock });
  const device = new Device(store, seal);
  const queue = new Queue(store, seal, device);
  const records = new Records(store, seal, clock);
  const knowledge = new Knowledge(store, seal, net, clock);
  const sync = new Sync(queue, device, net);
  const signal = new Signal();
  await Promise.all([device.load(), knowledge.load()]);

  const view = new AnswerView(document.getElementById('answer'), {
    words, signal, signIn, onDismiss: () => scan.dismiss(),
  });
  const scan = new Scan({
    knowledge, net, queue, device, records, clock,
    show: (answer) => view.show(answer),
    hide: () => view.hide(),
  });
  const onSeen = (what, source) => scan.seen(what, source);
  const onUnseen = () => scan.unseen();
  const decoder = new Decoder({ script, wasm });
  const camera = new Camera(root.querySelector('video'), (bitmap) => scanner.frame(bitmap));
  const scanner = new ScannerPanel(root, { words, camera, decoder, store, onSeen, onUnseen });
  const runs = new RunsPanel(root, { words, knowledge, store, records });
  const undo = new Undo(document.getElementById('undo'), {
    words, net, queue, device, records, clock, onDone: () => changed(),
  });
  const recent = new RecentPanel(root, { words, records, clock, undo });
  const panel = new DevicePanel(root, {
    words, net, clock, device, queue, sync, knowledge, onPaired: () => knowledge.refresh(),
  });

  // What one tab did shows in the others.
  const others = new BroadcastChannel('desk');
  const redraw = () => Promise.all([recent.show(), panel.show(), runs.show()]);
  const changed = async () => {
    others.postMessage('changed');
    await redraw();
    if (await queue.length()) sync.start();
    if (runs.chosen && net.reachable) knowledge.fetchRoster(runs.chosen);
  };
  others.onmessage = redraw;
  scan.addEventListener('change', changed);
  sync.addEventListener('settled', changed);
  for (const event of ['shown', 'change']) runs.addEventListener(event, () => (scan.run = runs.run));

  panel.takeSecret();
  new Leave(root, { words, net });
  const settings = new SettingsPanel(root, { store, signal });
  await Promise.all([runs.load(), settings.load(), scanner.load(), recent.show(), panel.show()]);
  listen((text) => onSeen(presented(text), 'scanner'));
  root.dataset.ready = 'true';
  root.setAttribute('aria-busy', 'false');

  await knowledge.refresh();
  if (runs.chosen) knowledge.fetchRoster(runs.chosen);
  await records.tidy();
  sync.start();
  await navigator.storage?.persist?.();
  await registerWorker(root, words);
}

start(document.getElementById('desk')).catch((error) => {
  document.getElementById('desk').dataset.ready = 'failed';
  throw error;
});
