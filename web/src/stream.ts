/** The worker's stream of pictures; comes back by itself however it was lost. */
import type { Wall } from "./snapshot";

export type LinkState = "opening" | "live" | "lost";

export interface Listener {
  wall(wall: Wall): void;
  beat(serverNow: number): void;
  state(state: LinkState): void;
}

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
/** The worker says something every 5 s; a connection without any word for this long is dead. */
const DEAD_MS = 20_000;

export class Stream {
  #url: string;
  #listener: Listener;
  #source: EventSource | null = null;
  #failures = 0;
  #heardAt = 0;

  constructor(url: string, listener: Listener) {
    this.#url = url;
    this.#listener = listener;
    this.#open();
    setInterval(() => {
      if (this.#source && performance.now() - this.#heardAt > DEAD_MS) this.#lost();
    }, 1000);
  }

  #open(): void {
    const source = new EventSource(this.#url);
    this.#source = source;
    this.#heardAt = performance.now();
    source.addEventListener("wall", (event) => {
      this.#heard();
      this.#listener.wall(JSON.parse(event.data) as Wall);
    });
    source.addEventListener("beat", (event) => {
      this.#heard();
      this.#listener.beat((JSON.parse(event.data) as { now: number }).now);
    });
    // EventSource tries again by itself after some errors, and never after others: do it always.
    source.addEventListener("error", () => {
      if (source === this.#source) this.#lost();
    });
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#failures = 0;
    this.#listener.state("live");
  }

  #lost(): void {
    this.#source?.close();
    this.#source = null;
    this.#listener.state("lost");
    const pause = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)] ?? 8000;
    setTimeout(() => this.#open(), pause * (0.75 + Math.random() / 2)); // not all screens at once
  }
}
