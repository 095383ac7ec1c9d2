/** Undoing a slip, with a reason: through the service, or as an item of the queue when it is out of reach. */
export class Undo {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {{words: import('./words.js').Words, net: import('./net.js').Net,
   *   queue: import('./queue.js').Queue, device: import('./device.js').Device,
   *   records: import('./records.js').Records, clock: import('./clock.js').Clock,
   *   onDone: () => void}} parts
   */
  constructor(dialog, parts) {
    this.dialog = dialog;
    Object.assign(this, parts);
    const part = (name) => dialog.querySelector(`[data-part=${name}]`);
    this.who = part('undo-who');
    this.how = part('undo-how');
    this.reason = part('undo-reason');
    this.problem = part('undo-problem');
    this.submit = part('undo-submit');
    dialog.querySelector('form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
    part('undo-cancel').addEventListener('click', () => dialog.close());
  }

  ask(record, alone) {
    this.record = record;
    this.key = crypto.randomUUID();
    this.who.textContent = record.person.holder ?? record.person.number ?? '';
    this.how.textContent = this.words.say(alone ? 'scan-undo-alone' : 'scan-undo-second');
    this.problem.textContent = '';
    this.reason.value = '';
    this.dialog.showModal();
    this.reason.focus();
  }

  async send() {
    const reason = this.reason.value.trim();
    if (!reason) return this.tell('scan-undo-needs-reason');
    if (this.submit.disabled) return;
    this.submit.disabled = true;
    try {
      if (this.record.state === 'waiting') await this.offline(reason);
      else await this.online(reason);
    } finally {
      this.submit.disabled = false;
    }
  }

  /** The service does not know of it yet: the undoing follows it in the queue. */
  async offline(reason) {
    const { redemption_id } = this.record;
    const { person, ...record } = this.record;
    const sealed = await this.records.seal.close(person, `records/${redemption_id}`);
    const act = { action: 'undo', redemption_id, reason };
    await this.queue.add(act, this.clock.facts(), { ...record, sealed, state: 'undo_waiting' });
    this.finish();
  }

  async online(reason) {
    const { redemption_id } = this.record;
    const reply = await this.net.send('POST', `/v1/redemptions/${redemption_id}/reverse`, {
      body: { voucher: 'issued', reason },
      headers: { 'idempotency-key': this.key },
      timeout: 10_000,
    });
    if (reply.ok) {
      await this.records.change(redemption_id, { state: reply.status === 202 ? 'undo_proposed' : 'undone' });
      this.finish();
    } else if (!reply.answered) this.tell('scan-undo-unreachable');
    else if (reply.status === 401) this.tell('scan-undo-signed-out');
    else this.problem.textContent = [reply.body?.detail, reply.body?.remedy].filter(Boolean).join(' ');
  }

  tell(word) {
    this.problem.textContent = this.words.say(word);
  }

  finish() {
    this.dialog.close();
    this.onDone();
  }
}
