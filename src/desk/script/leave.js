/** Ways off the page: the menu and signing out. Without the service they lead nowhere, which is said instead. */
export class Leave {
  /**
   * @param {HTMLElement} root
   * @param {{words: import('./words.js').Words, net: import('./net.js').Net}} parts
   */
  constructor(root, parts) {
    Object.assign(this, parts);
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.menu = part('menu');
    this.signOut = part('sign-out');
    this.note = part('leave-note');
    this.menu.addEventListener('click', (event) => {
      event.preventDefault();
      this.go('scan-menu-unreachable', () => location.assign(this.menu.href));
    });
    this.signOut.addEventListener('submit', (event) => {
      event.preventDefault();
      this.go('scan-sign-out-unreachable', () => {
        this.signOut.elements.csrf_token.value = this.net.csrf;
        this.signOut.submit();
      });
    });
    this.net.addEventListener('change', () => this.show());
    this.show();
  }

  /** A page that lies open may believe in a network that is gone: it is asked. */
  async go(word, away) {
    const { answered } = await this.net.look();
    this.note.textContent = answered ? '' : this.words.say(word);
    if (answered) away();
  }

  show() {
    this.signOut.hidden = this.net.signedOut;
    if (this.net.reachable) this.note.textContent = '';
  }
}
