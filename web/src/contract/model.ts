/** What a host gives the module: the part of anywidget's model that the module uses. */
export interface Model {
  get(key: string): unknown
  set(key: string, value: unknown): void
  on(event: string, listener: Listener): void
  off(event: string, listener: Listener): void
  save_changes(): void
  send(message: unknown): void
}

export type Listener = (...args: unknown[]) => void
