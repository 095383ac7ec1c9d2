/** A name or number as it is looked for, just as the service does: in lower case, ё as е, blanks and full stops as single blanks. */
export function folded(text) {
  return text.toLowerCase().replaceAll('ё', 'е').replaceAll('.', ' ').split(/\s+/).filter(Boolean).join(' ');
}
