/**
 * The camera: on and off, which one, torch; frames as they come, one at a time. It is off while the page is
 * not seen.
 */

const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const LARGEST = 1280;

/** What a browser's error means for the person in front of it. */
const PROBLEMS = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

export class Camera extends EventTarget {
  /**
   * @param {HTMLVideoElement} video
   * @param {(frame: ImageBitmap) => Promise<void>} onFrame awaited before the next frame is taken
   */
  constructor(video, onFrame) {
    super();
    this.video = video;
    this.onFrame = onFrame;
    this.state = 'off';
    this.stream = null;
    this.wanted = false;
    this.deviceId = null;
    document.addEventListener('visibilitychange', () => this.seenOrHidden());
  }

  /** @param {string|null} deviceId the camera to take; the one at the back when none is named */
  async start(deviceId = this.deviceId) {
    this.release();
    this.wanted = true;
    this.deviceId = deviceId;
    if (!navigator.mediaDevices?.getUserMedia) return this.become('unsupported');
    this.become('starting');
    try {
      const stream = await this.open();
      if (!this.wanted || document.hidden) {
        stream.getTracks().forEach((track) => track.stop());
        return this.become('off');
      }
      await this.show(stream);
    } catch (error) {
      this.release();
      this.become(PROBLEMS[error.name] ?? 'failed');
    }
  }

  async open() {
    const choice = this.deviceId ? { deviceId: { exact: this.deviceId } } : { facingMode: { ideal: 'environment' } };
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...WANTED, ...choice } });
    } catch (error) {
      if (!this.deviceId || PROBLEMS[error.name] !== 'none') throw error;
      // The camera that was chosen before is not plugged in.
      this.deviceId = null;
      return navigator.mediaDevices.getUserMedia({ audio: false, video: WANTED });
    }
  }

  async show(stream) {
    this.stream = stream;
    this.track.addEventListener('ended', () => {
      if (this.stream === stream) {
        this.release();
        this.become('busy');
      }
    });
    this.video.srcObject = stream;
    await this.video.play();
    this.become('on');
    this.next(stream);
  }

  stop() {
    this.wanted = false;
    this.release();
    this.become('off');
  }

  get track() {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  /** The cameras there are; they have names once one was allowed. */
  async cameras() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId);
  }

  /** The camera in use. */
  get current() {
    return this.track?.getSettings().deviceId ?? null;
  }

  get hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  async torch(on) {
    await this.track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  next(stream) {
    const take = async () => {
      if (this.stream !== stream) return;
      try {
        await this.onFrame(await this.grab());
      } catch {
        // A frame that cannot be taken (the camera is just going away) is made up for by the next one.
      }
      this.next(stream);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(take);
    else setTimeout(take, 60);
  }

  grab() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = Math.min(1, LARGEST / Math.max(width, height));
    if (scale === 1) return createImageBitmap(this.video);
    return createImageBitmap(this.video, {
      resizeWidth: Math.round(width * scale),
      resizeHeight: Math.round(height * scale),
    });
  }

  seenOrHidden() {
    if (document.hidden) {
      const wanted = this.wanted;
      this.stop();
      this.wanted = wanted;
    } else if (this.wanted) {
      this.start();
    }
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  become(state) {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}
