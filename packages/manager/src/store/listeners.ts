/** Callbacks that are told of something. */
export class Listeners<T> {
  private readonly callbacks = new Set<(value: T) => void>();

  /** The function given back ends it. */
  add(callback: (value: T) => void): () => void {
    this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  tell(value: T): void {
    for (const callback of this.callbacks) callback(value);
  }
}
