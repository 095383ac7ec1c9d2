/** The page's words: Fluent messages of one language, fetched with the page. */
import { FluentBundle, FluentResource } from '@fluent/bundle';

const MOSCOW = { timeZone: 'Europe/Moscow' };

export class Words {
  constructor(language, source) {
    this.language = language;
    this.bundle = new FluentBundle(language, { useIsolating: false });
    this.bundle.addResource(new FluentResource(source));
    this.moment = new Intl.DateTimeFormat(language, { ...MOSCOW, day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' });
    this.clock = new Intl.DateTimeFormat(language, { ...MOSCOW, hour: '2-digit', minute: '2-digit' });
    this.date = new Intl.DateTimeFormat(language, { ...MOSCOW, day: 'numeric', month: 'long', year: 'numeric' });
  }

  static async fetch(language, address) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`no words: ${response.status}`);
    return new Words(language, await response.text());
  }

  /** A message, or one of its attributes (`next`); an empty text where there is none. */
  say(id, args = {}, attribute = null) {
    const message = this.bundle.getMessage(id);
    const pattern = attribute ? message?.attributes[attribute] : message?.value;
    return pattern ? this.bundle.formatPattern(pattern, this.readable(args)) : '';
  }

  /** Instants are told in Moscow's time. */
  readable(args) {
    const isInstant = (name) => ['at', 'keys', 'not_before', 'issued_at', 'compromised_at', 'expires_at'].includes(name);
    const told = Object.entries(args).map(([name, value]) => {
      if (name === 'expires_at') return [name, this.date.format(value - 1)];
      if (isInstant(name)) return [name, value ? this.moment.format(value) : '—'];
      return [name, value ?? '—'];
    });
    return Object.fromEntries(told);
  }

  time(at) {
    return this.clock.format(at);
  }

  /** Writes the words of everything under an element that names some. */
  fill(root) {
    for (const element of root.querySelectorAll('[data-words]')) {
      element.textContent = this.say(element.dataset.words);
    }
    for (const element of root.querySelectorAll('[data-words-label]')) {
      element.setAttribute('aria-label', this.say(element.dataset.wordsLabel));
    }
    for (const element of root.querySelectorAll('[data-words-placeholder]')) {
      element.placeholder = this.say(element.dataset.wordsPlaceholder);
    }
  }
}
