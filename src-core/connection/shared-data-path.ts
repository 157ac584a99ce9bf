import { ForwardingDataPath } from '../esp/forwarding-data-path';
import type { DataPath, DataPathEvent } from '../ports/data-path';

/** A data path takes one listener; the session and the connection both want to hear it. */
export class SharedDataPath extends ForwardingDataPath {
  readonly #listeners: ((event: DataPathEvent) => void)[] = [];

  constructor(inner: DataPath) {
    super(inner);
    inner.onEvent((event) => {
      for (const listener of [...this.#listeners]) listener(event);
    });
  }

  override onEvent(listener: (event: DataPathEvent) => void): void {
    this.#listeners.push(listener);
  }
}
