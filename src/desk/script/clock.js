/**
 * What time it is, by the service's clock as last seen. The device's own clock may be days off; only the
 * time that has passed on it is used.
 */
export class Clock {
  /**
   * @param {{serverAt: number, deviceAt: number}|null} seen as kept from an earlier visit
   * @param {() => number} device the device's clock
   * @param {() => number} ticking a clock that nobody can set; it starts anew with the page
   */
  constructor(seen = null, device = Date.now, ticking = () => performance.now()) {
    this.seen = seen;
    this.device = device;
    this.ticking = ticking;
    this.tickAt = null;
  }

  /** Takes note of the service's time. */
  note(serverAt) {
    if (!Number.isFinite(serverAt)) return;
    this.seen = { serverAt, deviceAt: this.device() };
    this.tickAt = this.ticking();
  }

  /** Milliseconds since the service's time was seen; a device clock that was set back counts as none. */
  get elapsed() {
    if (!this.seen) return 0;
    const ticked = this.tickAt === null ? 0 : this.ticking() - this.tickAt;
    return Math.round(Math.max(0, this.device() - this.seen.deviceAt, ticked));
  }

  now() {
    return this.seen ? this.seen.serverAt + this.elapsed : this.device();
  }

  /** Minutes by which the device's clock is wrong; 0 when nothing is known. */
  get minutesOff() {
    return this.seen ? Math.round((this.seen.deviceAt - this.seen.serverAt) / 60_000) : 0;
  }

  /** What an offline item tells about its time. */
  facts() {
    return {
      scanned_at: new Date(this.now()).toISOString(),
      last_server_time: new Date(this.seen ? this.seen.serverAt : this.device()).toISOString(),
      elapsed_ms: this.elapsed,
    };
  }
}
