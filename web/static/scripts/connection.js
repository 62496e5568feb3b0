const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15000;
const PATIENCE_MS = 2000;

/**
 * An event stream that is open while the page is seen. A hidden tab hangs up, for browsers allow
 * few connections; what it misses is asked for again by the address that each attempt is given.
 */
export class Connection {
  /**
   * @param {() => string} address
   * @param {Record<string, (event: MessageEvent) => void>} hears by the kind of event
   * @param {(lost: boolean) => void} tells whether the connection is gone for longer than a blink
   */
  constructor(address, hears, tells) {
    this.address = address;
    this.hears = hears;
    this.tells = tells;
    this.retry = FIRST_RETRY_MS;
    this.again = 0;
    this.worry = 0;
    /** @type {EventSource | null} */
    this.source = null;
    document.addEventListener("visibilitychange", () =>
      document.hidden ? this.hangUp() : this.connect(),
    );
    window.addEventListener("online", () => this.connect());
    window.addEventListener("pagehide", () => this.hangUp());
    this.connect();
  }

  connect() {
    if (this.source || document.hidden) return;
    clearTimeout(this.again);
    const source = new EventSource(this.address());
    this.source = source;
    for (const [kind, hear] of Object.entries(this.hears)) source.addEventListener(kind, hear);
    source.addEventListener("open", () => this.found());
    source.addEventListener("error", () => this.lost());
  }

  hangUp() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.again);
  }

  found() {
    this.retry = FIRST_RETRY_MS;
    clearTimeout(this.worry);
    this.worry = 0;
    this.tells(false);
  }

  lost() {
    this.hangUp();
    this.worry ||= window.setTimeout(() => this.tells(true), PATIENCE_MS);
    this.again = window.setTimeout(() => this.connect(), this.retry * (0.5 + Math.random() / 2));
    this.retry = Math.min(LONGEST_RETRY_MS, this.retry * 2);
  }
}
