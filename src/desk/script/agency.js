/** The pages of an agency: they work without this, and are easier with it. */
import { copying } from './copy.js';
import { checking } from './recheck.js';
import { uploading } from './upload.js';

for (const button of document.querySelectorAll('[data-copy]')) copying(button);
begin();

/** Takes up the form that is shown: the page of an answer has another. */
function begin() {
  const upload = document.querySelector('form[data-upload]');
  const check = document.querySelector('form[data-check]');
  if (upload) uploading(upload, begin);
  if (check) checking(check);
}
