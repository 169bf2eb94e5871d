/** How long after the time is up an answer may still be read that came in time. */
const GRACE_MS = 20;

/** Calls back once when something was not done in time. Real time: it watches a process of the operating system. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;

  /** Starts anew, whatever was watched before. */
  watch(ms: number, onExpired: () => void): void {
    this.clear();
    // Where Node-RED's own thread stood still, the answer may lie unread in the channel: it is read between the two timers.
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(onExpired, GRACE_MS);
    }, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
