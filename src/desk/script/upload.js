/** The file of a new request: dropped or chosen, named, and seen on its way. */
import { parse, showContent } from './shown.js';

const UNITS = ['byte', 'kilobyte', 'megabyte'];

/** `1,2 МБ`, as the page's language writes it. */
export function size(bytes, language) {
  const step = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  const how = { style: 'unit', unit: UNITS[step], maximumFractionDigits: step === 2 ? 1 : 0 };
  return new Intl.NumberFormat(language, how).format(bytes / 1024 ** step);
}

/** @param {HTMLFormElement} form @param {() => void} begin takes up the page of the answer */
export function uploading(form, begin) {
  const part = (name) => form.querySelector(`[data-${name}]`);
  const input = form.elements.file;
  const limit = Number(form.dataset.limit);
  const isTooLarge = () => input.files[0]?.size > limit;
  const tell = (text) => {
    part('trouble').textContent = text;
    part('trouble').hidden = !text;
  };

  const chosen = () => {
    const [file] = input.files;
    part('chosen').hidden = !file;
    if (file) part('chosen').textContent = `${file.name} · ${size(file.size, document.documentElement.lang)}`;
    tell(isTooLarge() ? form.dataset.tooLarge : '');
  };
  input.addEventListener('change', chosen);

  part('drop').hidden = false;
  const dragging = (isOver) => document.body.classList.toggle('dragging', isOver);
  const hasFiles = (event) => form.isConnected && event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dragging(true);
  });
  addEventListener('dragleave', (event) => event.relatedTarget === null && dragging(false));
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dragging(false);
    input.files = event.dataTransfer.files;
    chosen();
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isTooLarge()) {
      // Nothing is sent, so that another file still can be.
      event.stopPropagation();
      return;
    }
    const request = new XMLHttpRequest();
    const bar = part('progress').querySelector('progress');
    part('progress').hidden = false;
    request.upload.addEventListener('progress', ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) bar.value = (loaded / total) * 100;
    });
    request.addEventListener('load', () => {
      if (showContent(parse(request.responseText))) begin();
    });
    // The browser's own way shows what is in ours.
    request.addEventListener('error', () => form.submit());
    request.open('POST', form.action);
    request.send(new FormData(form));
  });
}
