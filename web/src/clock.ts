/**
 * The worker's clock, as far as it can be known here: our own, and how far it is behind.
 *
 * It runs on when the worker falls silent, so that waits keep growing. A word that took long to
 * arrive makes the distance look smaller than it is; hence the largest of the last few.
 */
const KEPT = 30;

export class ServerClock {
  #distances: number[] = [];

  /** Note what the worker's clock showed in a word that has just arrived. */
  hear(serverNow: number): void {
    this.#distances.push(serverNow - Date.now());
    this.#distances.splice(0, this.#distances.length - KEPT);
  }

  /** Forget what was heard: another worker's clock may come. */
  reset(): void {
    this.#distances.splice(0, this.#distances.length - 1);
  }

  now(): number {
    return Date.now() + (this.#distances.length ? Math.max(...this.#distances) : 0);
  }
}
